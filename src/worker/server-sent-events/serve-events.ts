/** `GET /realms/:realm/events`: a topic as server-sent events. */

import { WampUri } from "../../wamp/protocol/errors.ts";
import { configOf } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { UNBUFFERED } from "../platform/unbuffered.ts";
import { ticketRequest } from "../routing/object-requests.ts";
import { realmObject } from "../routing/realm-stub.ts";
import { publicationIn, Watcher } from "./event-stream.ts";

const METHODS = "GET, HEAD, OPTIONS";

/** Pages of any origin may read: the response depends on the configured role, not on credentials of the browser. */
const HEADERS = { "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store" };

const STATUS: Readonly<Record<string, number>> = {
  [WampUri.INVALID_URI]: 400,
  [WampUri.NOT_AUTHORIZED]: 403,
  [WampUri.AUTHORIZATION_REQUIRED]: 403,
};

/**
 * Answers once the realm has accepted or refused the subscription. The Worker holds the stream, so the realm can sleep.
 */
export async function serverSentEvents(request: Request, env: Env, name: string): Promise<Response> {
  const config = configOf(env);
  const events = config.http?.events;
  const realm = realmFor(config, name);
  if (events === undefined || realm === undefined) return refused(404, "not found");
  if (request.method === "OPTIONS") return preflight(request);
  if (request.method !== "GET" && request.method !== "HEAD") return refused(405, `only ${METHODS}`, { Allow: METHODS });
  const query = new URL(request.url).searchParams;
  const topic = query.get("topic");
  const match = query.get("match") ?? "exact";
  if (topic === null) return refused(400, "which topic?");
  if (!["exact", "prefix", "wildcard"].includes(match)) return refused(400, "match is exact, prefix or wildcard");
  const object = realmObject(env, name, realm);
  const { webSocket } = await object.fetch(ticketRequest(await object.watcherTicket(events.role)));
  if (webSocket === null) return refused(503, "the realm cannot be reached");
  const after = publicationIn(request.headers.get("Last-Event-ID") ?? undefined);
  const watcher = new Watcher(webSocket, { topic, match, after, heartbeat: events.heartbeat });
  const refusal = await watcher.refusal;
  if (refusal !== undefined) return refused(STATUS[refusal] ?? 503, refusal);
  // A response to HEAD has no body that a client could read or cancel.
  const isHeadOnly = request.method === "HEAD";
  if (isHeadOnly) await watcher.stream.cancel();
  return new Response(isHeadOnly ? null : watcher.stream, {
    headers: { ...HEADERS, ...UNBUFFERED, "Content-Type": "text/event-stream" },
  });
}

/** Answers the CORS preflight of a page that reads the stream by `fetch` and sends Last-Event-ID. */
function preflight({ headers }: Request): Response {
  const requested = headers.get("Access-Control-Request-Headers");
  return new Response("", {
    headers: {
      ...HEADERS,
      Allow: METHODS,
      "Access-Control-Allow-Methods": METHODS,
      ...(requested !== null && { "Access-Control-Allow-Headers": requested }),
    },
  });
}

function refused(status: number, error: string, more: Readonly<Record<string, string>> = {}): Response {
  return Response.json({ error }, { status, headers: { ...HEADERS, ...more } });
}
