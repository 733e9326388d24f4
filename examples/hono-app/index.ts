/** The router as a part of somebody's own Hono app. */

import { Hono } from "hono";
import { createApp } from "../../src/worker/app.ts";
import { defineConfig } from "../../src/worker/config/config.ts";
import type { Env } from "../../src/worker/platform/env.ts";
import { queue, scheduled } from "../../src/worker/triggers/triggers.ts";

export * from "../../src/worker/exports.ts";

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
