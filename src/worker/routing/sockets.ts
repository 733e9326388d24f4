/** Opens the WebSockets of clients: one function from the upgrade request to the object of the realm. */

import { negotiate } from "../../wamp/serializers/subprotocols.ts";
import { configOf } from "../config/deployment.ts";
import { onlyRealm, realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { webError } from "../platform/http-responses.ts";
import { refuseConnection } from "./admission.ts";
import { acceptForAnyRealm, refuseRealm } from "./hello-routing.ts";
import { connectToRealm } from "./relay-routing.ts";

/** `/ws/{realm}` with characters that stand for themselves; the app decodes the others. */
const PLAIN_SOCKET_URL = /^https?:\/\/[^/?]*\/ws\/([\w.~-]+)(\?|$)/;

/** Returns the realm of an upgrade request to `/ws/{realm}`; undefined for any other request. */
export function realmOfSocket(request: Request): string | undefined {
  return request.method === "GET" ? PLAIN_SOCKET_URL.exec(request.url)?.[1] : undefined;
}

/**
 * Connects a client to the realm `name`. Without a name the client uses a URL of all realms, with the path `path`: it
 * gets the only realm, or the one that its HELLO names. Answers 403 and 429 to clients that are not admitted, 426 to
 * requests without an upgrade, and 400 if no offered subprotocol is known, or a region or group asked for is invalid.
 */
export async function openSocket(request: Request, env: Env, name?: string, path?: string): Promise<Response> {
  const refusal = (await refuseConnection(request, env, name)) ?? refuseWithoutUpgrade(request);
  if (refusal !== undefined) return refusal;
  const config = configOf(env);
  const realm = name === undefined ? onlyRealm(config) : realmFor(config, name);
  if (realm === undefined) return name === undefined ? acceptForAnyRealm(request, env, config) : refuseRealm(request);
  return connectToRealm(request, env, name ?? realm.name, realm, path ?? `/ws/${encodeURIComponent(name!)}`);
}

/** Answers 426 to requests without an upgrade, and 400 if no offered subprotocol is known. */
export function refuseWithoutUpgrade(request: Request): Response | undefined {
  if (!isUpgrade(request)) return webError(426, "this is a WebSocket endpoint", { Upgrade: "websocket" });
  if (negotiate(request.headers.get("Sec-WebSocket-Protocol")) !== undefined) return undefined;
  return webError(400, "offer a WAMP subprotocol, such as wamp.2.json, wamp.2.msgpack or wamp.2.cbor");
}

/** Whether a request asks for a WebSocket. */
export function isUpgrade({ headers }: Request): boolean {
  return headers.get("Upgrade")?.toLowerCase() === "websocket";
}
