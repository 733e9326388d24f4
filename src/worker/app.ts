/** HTTP routes of the Worker: WebSocket upgrades, long-poll, events, bridge, webhooks and web services. */

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { thrown } from "../wamp/host/log-line.ts";
import type { Components } from "../wamp/local/component.ts";
import { bridge } from "./bridge/bridge.ts";
import { webhook } from "./bridge/incoming-webhook.ts";
import { type BridgeRoute, configuredRoute } from "./bridge/route.ts";
import type { ConfigInput } from "./config/config-schema.ts";
import { configOf, deploymentOf, useConfig, useDefaults } from "./config/deployment.ts";
import { longPollRoutes } from "./long-poll/routes.ts";
import { metrics } from "./metrics/metrics.ts";
import type { Env } from "./platform/env.ts";
import { webError } from "./platform/http-responses.ts";
import { writeLog } from "./platform/log.ts";
import { admit } from "./routing/admission.ts";
import { isStopping } from "./routing/shutdown.ts";
import { isUpgrade, openSocket, realmOfSocket, refuseWithoutUpgrade } from "./routing/sockets.ts";
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
    const realm = realmOfSocket(request);
    // Hono's routing and layers would be 6 % of the CPU of a connection, from its upgrade to its close.
    if (realm !== undefined) return serveSocket(request, env, realm);
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
  app.get("/", ({ env, req }, next) => (isUpgrade(req.raw) ? openSocket(req.raw, env, undefined, "/") : next()));
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/ws", ({ env, req }) => openSocket(req.raw, env, undefined, "/ws"));
  app.get("/ws/:realm", ({ env, req }) => openSocket(req.raw, env, req.param("realm")));
  for (const path of ["/ws", "/ws/:realm", "/lp/open", "/lp/:realm/open", "/realms/:realm/events"])
    app.use(path, admit);
  app.use("/ws/*", async ({ req }, next) => refuseWithoutUpgrade(req.raw) ?? next());
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
  app.onError((error, { req }) => fail(req.raw, error));
  return app;
}

/** Serves the WebSocket of a client whose URL names its realm, as the routes do. */
async function serveSocket(request: Request, env: Env, realm: string): Promise<Response> {
  try {
    return refuseAll(env) ?? (await openSocket(request, env, realm));
  } catch (error) {
    return fail(request, error);
  }
}

async function checkConfig({ env }: AppContext, next: () => Promise<void>): Promise<Response | undefined> {
  return refuseAll(env) ?? void (await next());
}

/**
 * Answers 503 while the router stops and 500 on a faulty configuration. Faults contain names of principals: only in
 * development are they part of the answer.
 */
function refuseAll(env: Env): Response | undefined {
  if (isStopping()) return webError(503, "the router is stopping");
  const { faults } = deploymentOf(env);
  if (faults.length === 0) return undefined;
  const error = "the configuration is faulty";
  return Response.json(env.WAMP_DEVELOPMENT === "true" ? { error, faults } : { error }, { status: 500 });
}

function fail({ url }: Request, error: unknown): Response {
  writeLog({ level: "error", event: "request.failed", path: new URL(url).pathname, ...thrown(error) });
  return webError(500, "internal error");
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

/** Serves a request of the HTTP bridge; answers 404 without `http.bridge`. */
function serveBridge(context: AppContext, route: BridgeRoute): Response | Promise<Response> {
  const config = configOf(context.env);
  const settings = config.http?.bridge;
  return settings === undefined ? notFound() : bridge(context.req.raw, context.env, config, settings, route);
}

function notFound(): Response {
  return webError(404, "not found");
}
