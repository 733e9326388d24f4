/** Opens the WebSockets of clients: one function from the upgrade request to the object of the realm. */

import { negotiate } from "../../wamp/serializers/subprotocols.ts";
import type { Config } from "../config/config-schema.ts";
import { onlyRealm, realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { refuseConnection } from "./admission.ts";
import { acceptForAnyRealm, refuseRealm } from "./hello-routing.ts";
import { connectClient } from "./object-requests.ts";
import { realmObject } from "./realm-stub.ts";

/** `/ws/{realm}` with characters that stand for themselves; the app decodes the others. */
const PLAIN_SOCKET_URL = /^https?:\/\/[^/?#]*\/ws\/([\w.~-]+)(?:\?|$)/;

/** Returns the realm of an upgrade request to `/ws/{realm}`; undefined for any other request. */
export function realmOfSocket(request: Request): string | undefined {
  const realm = PLAIN_SOCKET_URL.exec(request.url)?.[1];
  return realm !== undefined && request.method === "GET" ? realm : undefined;
}

/**
 * Connects a client to the realm `name`. Without a name the client uses the URL of all realms, whose path is `path`: it
 * gets the only realm, or the one that its HELLO names. Answers 403 and 429 to clients that are not admitted, 426 to
 * requests without an upgrade, and 400 if no offered subprotocol is known.
 */
export async function openSocket(
  request: Request,
  env: Env,
  config: Config,
  path: string,
  name?: string,
): Promise<Response> {
  const realm = name === undefined ? onlyRealm(config) : realmFor(config, name);
  const refusal = await refuseConnection(request, env, config, name ?? realm?.name, realm);
  const answer = refusal ?? refuseWithoutUpgrade(request);
  if (answer !== undefined) return answer;
  if (realm !== undefined) return connectClient(realmObject(env, name ?? realm.name, realm), request, path);
  return name === undefined ? acceptForAnyRealm(request, env, config) : refuseRealm(request);
}

/** Answers 426 to requests without an upgrade, and 400 if no offered subprotocol is known. */
export function refuseWithoutUpgrade(request: Request): Response | undefined {
  if (!isUpgrade(request)) {
    const error = "this is a WebSocket endpoint";
    return Response.json({ error }, { status: 426, headers: { Upgrade: "websocket" } });
  }
  if (negotiate(request.headers.get("Sec-WebSocket-Protocol")) !== undefined) return undefined;
  const error = "offer a WAMP subprotocol, such as wamp.2.json, wamp.2.msgpack or wamp.2.cbor";
  return Response.json({ error }, { status: 400 });
}

/** Whether a request asks for a WebSocket. */
export function isUpgrade({ headers }: Request): boolean {
  return headers.get("Upgrade")?.toLowerCase() === "websocket";
}
