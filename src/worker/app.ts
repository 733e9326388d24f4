/** HTTP routes of the Worker: WebSocket upgrades, long-poll, events, bridge, webhooks and web services. */

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { thrown } from "../wamp/host/log-line.ts";
import type { Components } from "../wamp/local/component.ts";
import { negotiate } from "../wamp/serializers/subprotocols.ts";
import { bridge } from "./bridge/bridge.ts";
import { webhook } from "./bridge/incoming-webhook.ts";
import { type BridgeRoute, configuredRoute } from "./bridge/route.ts";
import type { ConfigInput } from "./config/config-schema.ts";
import { configOf, deploymentOf, useConfig, useDefaults } from "./config/deployment.ts";
import { onlyRealm, realmFor } from "./config/realm-lookup.ts";
import { longPollRoutes } from "./long-poll/routes.ts";
import { metrics } from "./metrics/metrics.ts";
import type { Env } from "./platform/env.ts";
import { writeLog } from "./platform/log.ts";
import { admit } from "./routing/admission.ts";
import { acceptForAnyRealm, refuseRealm } from "./routing/hello-routing.ts";
import { connectClient } from "./routing/object-requests.ts";
import { realmObject } from "./routing/realm-stub.ts";
import { isStopping } from "./routing/shutdown.ts";
import { serverSentEvents } from "./server-sent-events/serve-events.ts";
import { queue, scheduled } from "./triggers/triggers.ts";
import { serveConsole } from "./web/console.ts";
import { webService } from "./web/web-services.ts";

type App = Hono<{ Bindings: Env }>;
type AppContext = Context<{ Bindings: Env }>;

/**
 * The handlers of the router's own Worker, for the default export of its main module. WAMP_CONFIG, where it is not
 * blank, replaces `config`; `components` are those that the configuration may name.
 */
export function router(config: ConfigInput, components: Components): ExportedHandler<Env> {
  useDefaults(config, components);
  let app: App | undefined;
  const fetch = (request: Request, env: Env, context: ExecutionContext) => {
    // An isolate that only runs objects needs no routes.
    app ??= addRoutes(new Hono());
    return app.fetch(request, env, context);
  };
  return { fetch, scheduled, queue };
}

/**
 * The router as a Hono app, to mount at "/" of another app with a configuration and components of its own, which
 * nothing replaces. The main module of that Worker also exports the classes of `public/worker.ts`, whose objects use
 * the same configuration. Throws if the Worker already has another configuration.
 */
export function createApp(config?: ConfigInput, components?: Components): App {
  if (config !== undefined) useConfig(config, components);
  const app: App = new Hono();
  return addRoutes(app.use(makeHeadersMutable));
}

function addRoutes(app: App): App {
  app.use(checkConfig);
  app.get("/", ifUpgrade(admit), ifUpgrade(checkUpgrade), ifUpgrade(toAnyRealm));
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  for (const path of ["/ws", "/ws/:realm", "/lp/open", "/lp/:realm/open", "/realms/:realm/events"])
    app.use(path, admit);
  app.use("/ws/*", checkUpgrade);
  app.get("/ws", toAnyRealm);
  app.get("/ws/:realm", toRealm);
  app.route("/lp", longPollRoutes());
  app.all("/realms/:realm/events", ({ env, req }) => serverSentEvents(req.raw, env, req.param("realm")));
  for (const action of ["publish", "call"] as const) {
    app.all(`/realms/:realm/${action}`, (context) =>
      serveBridge(context, { action, realm: context.req.param("realm") }),
    );
  }
  app.all("/realms/:realm/webhook/:name", (context) => {
    const { realm, name } = context.req.param();
    return webhook(context.req.raw, context.env, configOf(context.env), realm, name);
  });
  app.all("/metrics", async ({ env, req }, next) => (await metrics(req.raw, env, configOf(env))) ?? next());
  for (const path of ["/console", "/console/*"]) {
    app.use(path, async ({ env, req }, next) => (await serveConsole(req.raw, configOf(env))) ?? next());
  }
  app.use(async (context, next) => {
    const route = configuredRoute(context.req.path, configOf(context.env));
    return route === undefined ? next() : serveBridge(context, route);
  });
  app.use(async ({ env, req }, next) => (await webService(req.raw, env, configOf(env))) ?? next());
  app.notFound(notFound);
  app.onError((error, context) => {
    writeLog({ level: "error", event: "request.failed", path: new URL(context.req.url).pathname, ...thrown(error) });
    return context.json({ error: "internal error" }, 500);
  });
  return app;
}

/**
 * Answers 503 while the router stops and 500 on a faulty configuration. Faults contain names of principals: only in
 * development are they part of the answer.
 */
async function checkConfig(context: AppContext, next: () => Promise<void>): Promise<Response | undefined> {
  if (isStopping()) return context.json({ error: "the router is stopping" }, 503);
  const { faults } = deploymentOf(context.env);
  if (faults.length === 0) return void (await next());
  const error = "the configuration is faulty";
  return context.json(context.env.WAMP_DEVELOPMENT === "true" ? { error, faults } : { error }, 500);
}

/**
 * Copies each response, because a Worker that mounts this app may set headers on it (Hono: secureHeaders, cors).
 * Headers of a response that came from `fetch` are immutable: setting one would throw, and the client would get 500.
 */
async function makeHeadersMutable(context: AppContext, next: () => Promise<void>): Promise<void> {
  await next();
  const { res } = context;
  // Otherwise Hono merges the headers of the previous response.
  context.res = undefined;
  context.res = new Response(res.body, res);
}

type Handler = (context: AppContext, next: () => Promise<void>) => Response | Promise<Response | undefined>;

/** Runs `handler` for upgrade requests only. */
function ifUpgrade(handler: Handler) {
  return async (context: AppContext, next: () => Promise<void>): Promise<Response | undefined> =>
    isUpgrade(context.req.raw) ? handler(context, next) : void (await next());
}

/** Answers 426 to requests without an upgrade, and 400 if no offered subprotocol is known. */
async function checkUpgrade(context: AppContext, next: () => Promise<void>): Promise<Response | undefined> {
  if (!isUpgrade(context.req.raw)) {
    return context.json({ error: "this is a WebSocket endpoint" }, 426, { Upgrade: "websocket" });
  }
  const offered = context.req.header("Sec-WebSocket-Protocol");
  if (negotiate(offered ?? null) === undefined) {
    return context.json({ error: "offer a WAMP subprotocol, such as wamp.2.json, wamp.2.msgpack or wamp.2.cbor" }, 400);
  }
  return void (await next());
}

function isUpgrade({ headers }: Request): boolean {
  return headers.get("Upgrade")?.toLowerCase() === "websocket";
}

/** Serves clients that know one URL for all realms: connects to the only realm, or reads the realm from HELLO. */
function toAnyRealm({ env, req }: AppContext): Response | Promise<Response> {
  const config = configOf(env);
  const only = onlyRealm(config);
  if (only !== undefined) return connectClient(realmObject(env, only.name, only), req.raw, req.path);
  return acceptForAnyRealm(req.raw, env, config);
}

/** Connects a client to the realm of its URL. */
function toRealm({ env, req }: AppContext): Response | Promise<Response> {
  const name = req.param("realm") ?? "";
  const realm = realmFor(configOf(env), name);
  if (realm !== undefined)
    return connectClient(realmObject(env, name, realm), req.raw, `/ws/${encodeURIComponent(name)}`);
  return refuseRealm(req.raw);
}

/** Serves a request of the HTTP bridge; answers 404 without `http.bridge`. */
function serveBridge(context: AppContext, route: BridgeRoute): Response | Promise<Response> {
  const config = configOf(context.env);
  const settings = config.http?.bridge;
  return settings === undefined ? notFound(context) : bridge(context.req.raw, context.env, config, settings, route);
}

function notFound(context: AppContext): Response {
  return context.json({ error: "not found" }, 404);
}
