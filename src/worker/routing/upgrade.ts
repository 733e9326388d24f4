/** WebSocket upgrade requests, and the answers to them. */

import type { CookieAuth } from "../../wamp/config/auth.ts";
import type { Bytes } from "../../wamp/crypto/encoding.ts";
import type { ExpiringStore } from "../../wamp/host/storage.ts";
import type { TransportInfo } from "../../wamp/host/transport.ts";
import { negotiate, type Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import { cookiePathIn } from "./object-requests.ts";
import { type TrackingCookie, trackingCookie } from "./tracking-cookie.ts";
import { readTransportInfo } from "./transport-info.ts";

/** What a realm reads of an upgrade request. */
export interface Upgrade {
  readonly subprotocol: Subprotocol;
  /** Undefined where the realm has no tracking cookie, or the page may not use it. */
  readonly cookie: TrackingCookie | undefined;
  readonly info: TransportInfo;
}

/**
 * Reads an upgrade request; undefined if it offers no subprotocol of the router. `settings` are those of the realm's
 * tracking cookie, `secret` and `known` as for `trackingCookie`.
 */
export async function readUpgrade(
  request: Request,
  settings: CookieAuth | undefined,
  secret: { draft(): Bytes },
  known: ExpiringStore,
): Promise<Upgrade | undefined> {
  const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"));
  if (subprotocol === undefined) return undefined;
  const cookie = settings && (await trackingCookie(request, cookiePathIn(request), settings, secret.draft(), known));
  return { subprotocol, cookie, info: readTransportInfo(request, subprotocol.name, cookie?.id) };
}

/** Gives the client its end of a WebSocket, with the chosen subprotocol. */
export function upgradeResponse(client: WebSocket, { name }: Subprotocol, setCookie?: string): Response {
  const headers = new Headers({ "Sec-WebSocket-Protocol": name });
  if (setCookie !== undefined) headers.set("Set-Cookie", setCookie);
  return new Response(null, { status: 101, webSocket: client, headers });
}
