/** Types of `env` and `exports` for tests inside workerd. */

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
  type Classes = typeof import("../../src/index.ts");
  type ObjectsOf<Class extends abstract new (...parameters: never) => unknown> = DurableObjectNamespace<
    InstanceType<Class> & Rpc.DurableObjectBranded
  >;
  interface Env extends Omit<import("../../src/worker/platform/env.ts").Env, "REALM" | "LONG_POLL" | "WEBHOOK"> {
    readonly REALM: ObjectsOf<Classes["RealmObject"]>;
    readonly LONG_POLL: ObjectsOf<Classes["LongPollObject"]>;
    readonly WEBHOOK: ObjectsOf<Classes["WebhookObject"]>;
  }
}
