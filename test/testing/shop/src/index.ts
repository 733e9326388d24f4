/** A Worker with an object class of its own beside those of the router. */

import { Hono } from "hono";
import { createApp, type Env, router } from "wamp-edge/worker";
import components from "./components.ts";
import config from "./realm.ts";
import type { Stock } from "./stock.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";
export { Stock } from "./stock.ts";

const { scheduled, queue } = router(config, components);
const app = new Hono<{ Bindings: Env & { STOCK: DurableObjectNamespace<Stock> } }>();
app.post("/stock/:item", async (context) => {
  const stock = context.env.STOCK.getByName(context.req.param("item"));
  return context.json({ pieces: await stock.add(Number(await context.req.text())) });
});
app.route("/", createApp());

export default { fetch: app.fetch, scheduled, queue };
