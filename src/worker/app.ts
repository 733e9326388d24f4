/** The Worker's HTTP side: WebSockets to their realm's object, and what a visitor without one sees. */

import { Hono } from "hono/tiny";
import { negotiate } from "../wamp/serializers/index.ts";
import { admit } from "./admission.ts";
import { onlyRealm, realmFor } from "./config.ts";
import { deploymentOf } from "./deployment.ts";
import type { Env } from "./env.ts";
import { landingPage } from "./landing-page.ts";
import { longPoll } from "./long-poll.ts";
import { acceptForAnyRealm, refuseRealm } from "./realm-from-hello.ts";
import { realmObject } from "./realm-namespace.ts";

export const app = new Hono<{ Bindings: Env }>();

/** Faults name principals by their paths, so only a developer gets to see them; the log has them always. */
app.use(async (context, next) => {
  const { faults } = deploymentOf(context.env);
  if (faults.length === 0) return next();
  const error = "the configuration is faulty";
  return context.json(context.env.WAMP_DEVELOPMENT === "true" ? { error, faults } : { error }, 500);
});

app.get("/", (context) => context.html(landingPage(deploymentOf(context.env).config, new URL(context.req.url))));

app.get("/healthz", (context) => context.json({ status: "ok" }));

for (const path of ["/ws", "/ws/:realm", "/lp/open", "/lp/:realm/open"]) app.use(path, admit);

app.use("/ws/*", async (context, next) => {
  if (context.req.header("Upgrade")?.toLowerCase() !== "websocket") {
    return context.json({ error: "this is a WebSocket endpoint" }, 426, { Upgrade: "websocket" });
  }
  const offered = context.req.header("Sec-WebSocket-Protocol");
  if (negotiate(offered ?? null) === undefined) {
    return context.json({ error: "offer a WAMP subprotocol, such as wamp.2.json, wamp.2.msgpack or wamp.2.cbor" }, 400);
  }
  return next();
});

/** For clients that know one URL for all realms: straight to the realm if there is but one, else HELLO tells. */
app.get("/ws", (context) => {
  const { config } = deploymentOf(context.env);
  const only = onlyRealm(config);
  if (only !== undefined) return realmObject(context.env, only.name, only).fetch(context.req.raw);
  return acceptForAnyRealm(context.req.raw, context.env, config);
});

app.get("/ws/:realm", (context) => {
  const name = context.req.param("realm");
  const realm = realmFor(deploymentOf(context.env).config, name);
  if (realm !== undefined) return realmObject(context.env, name, realm).fetch(context.req.raw);
  return refuseRealm(context.req.raw);
});

app.route("/lp", longPoll);

app.notFound((context) => context.json({ error: "not found" }, 404));

app.onError((error, context) => {
  console.error(error);
  return context.json({ error: "internal error" }, 500);
});
