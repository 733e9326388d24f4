/** Bindings as a project without `wrangler types` writes them. */

interface Env {
  VISITS: KVNamespace;
  WEBHOOKS: Queue;
  WAMP_DEVELOPMENT: string;
  REALM: DurableObjectNamespace<import("./src/index.js").RealmObject>;
  LONG_POLL: DurableObjectNamespace<import("./src/index.js").LongPollObject>;
  WEBHOOK: DurableObjectNamespace<import("./src/index.js").WebhookObject>;
  WAMP: Service<typeof import("./src/index.js").Wamp>;
}
