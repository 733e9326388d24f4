/** The router as a part of your own Hono app. */

import { Hono } from "hono";
import { defineConfig } from "wamp-edge";
import { createApp, type Env, queue, scheduled } from "wamp-edge/worker";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";

const config = defineConfig({
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [
        { name: "anonymous", permissions: [{ uri: "com.example.*", allow: { publish: true, subscribe: true } }] },
      ],
      auth: { anonymous: { type: "static" } },
    },
  ],
  http: { bridge: { open: true, role: "anonymous" } },
});

const app = new Hono<{ Bindings: Env }>();
app.get("/hello", (context) => context.text("hello"));
app.route("/", createApp(config));

export default { fetch: app.fetch, scheduled, queue };
