/** Routes of the long-poll transport: find the object of a transport, set CORS headers (HTTP Long-Poll Transport). */

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import { subprotocolByName } from "../../wamp/serializers/subprotocols.ts";
import { configOf } from "../config/deployment.ts";
import { onlyRealm, realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { namespaceIn } from "../platform/jurisdiction.ts";
import { readBodyWithin } from "../platform/read-body.ts";

type LongPollContext = Context<{ Bindings: Env }>;

/** `/open`, `/:transport/receive`, `/send` and `/close`, each also below `/:realm`; the query is ignored (LP-09). */
export function longPollRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.use(allowOrigins);
  routes.options("/*", (context) => {
    context.header("Access-Control-Allow-Methods", "POST");
    context.header("Access-Control-Allow-Headers", context.req.header("Access-Control-Request-Headers") ?? "");
    return context.body(null, 204);
  });
  for (const base of ["", "/:realm"]) {
    routes.post(`${base}/open`, open);
    for (const action of ["receive", "send", "close"]) {
      routes.post(`${base}/:transport/${action}`, (context) => forward(context, action));
    }
  }
  return routes;
}

/** Allows every origin: `allowed_origins` is checked when a transport is opened, as for WebSockets (LP-12). */
async function allowOrigins(context: LongPollContext, next: () => Promise<void>): Promise<void> {
  await next();
  const origin = context.req.header("Origin");
  context.header("Access-Control-Allow-Origin", origin === undefined || origin === "null" ? "*" : origin);
  context.header("Access-Control-Allow-Credentials", "true");
  context.header("Vary", "Origin");
  context.header("Cache-Control", "no-store");
}

async function open(context: LongPollContext): Promise<Response> {
  const config = configOf(context.env);
  const name = context.req.param("realm") ?? onlyRealm(config)?.name;
  const realm = name === undefined ? undefined : realmFor(config, name);
  if (name === undefined || realm === undefined) return context.json({ error: "no such realm" }, 404);
  const subprotocol = chosen(await readBodyWithin(context.req.raw, MAX_OPEN_BYTES));
  if (subprotocol === undefined) {
    return context.json({ error: `protocols must name one of ${[...subprotocolByName.keys()].join(", ")}` }, 400);
  }
  const { LONG_POLL } = context.env;
  const objects = namespaceIn(LONG_POLL, realm.jurisdiction);
  const headers = new Headers(context.req.raw.headers);
  headers.set("Upgrade", "websocket");
  headers.set("Sec-WebSocket-Protocol", subprotocol.name);
  for (const name of ["Content-Type", "Content-Length"]) headers.delete(name);
  const { cf } = context.req.raw;
  const url = new URL("/open", context.req.url);
  url.search = String(new URLSearchParams({ realm: name, cookie_path: context.req.path.replace(/\/open$/, "") }));
  return objects.get(objects.newUniqueId()).fetch(url, { headers, ...(cf !== undefined && { cf }) });
}

/** Forwards a request to the object whose id is in its path. Ids are signed: guessed ids reach no object (LP-10). */
function forward(context: LongPollContext, action: string): Response | Promise<Response> {
  const { LONG_POLL } = context.env;
  let id: DurableObjectId;
  try {
    id = LONG_POLL.idFromString(context.req.param("transport") ?? "");
  } catch {
    return context.json({ error: "no such transport" }, 404);
  }
  return LONG_POLL.get(id).fetch(`https://transport/${action}`, { method: "POST", body: context.req.raw.body });
}

/** The first subprotocol of the client's list that the router supports (LP-02, LP-03). */
function chosen(body: Uint8Array | undefined): Subprotocol | undefined {
  try {
    const { protocols } = JSON.parse(new TextDecoder().decode(body)) as { protocols?: unknown };
    if (!Array.isArray(protocols)) return undefined;
    for (const name of protocols) {
      const subprotocol = subprotocolByName.get(name);
      if (subprotocol !== undefined) return subprotocol;
    }
  } catch {
    // Not JSON, or not an object.
  }
  return undefined;
}

/** Ample for a list of all subprotocols. */
const MAX_OPEN_BYTES = 10_000;
