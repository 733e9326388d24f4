/** The router as a part of a Hono app, whose other routes use the generated types of the bindings. */

import { Hono } from "hono";
import { createApp, queue, type Env as RouterEnv, scheduled } from "wamp-edge/worker";
import components from "./components.js";
import realms from "./realms.js";

const app = new Hono<{ Bindings: Env }>();
app.get("/visits", async ({ env, json }) => json(await env.VISITS.get("/")));
app.route("/", createApp(realms, components));

const bindings = (env: Env): RouterEnv => env;

export default { fetch: app.fetch, scheduled, queue } satisfies ExportedHandler<Env>;
export { bindings };
