/** WebSocket upgrade requests, and the answers to them. */

import type { CookieAuth } from "../../wamp/config/auth.ts";
import type { Bytes } from "../../wamp/crypto/encoding.ts";
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
  /** The client's address, if the platform knows it. */
  readonly address: string | undefined;
  /** Reads what authenticators see of the transport, which copies all headers. */
  readInfo(): TransportInfo;
}

/**
 * Reads an upgrade request; undefined if it offers no subprotocol of the router. `settings` are those of the realm's
 * tracking cookie, `secret` and `isKnown` as for `trackingCookie`.
 */
export async function readUpgrade(
  request: Request,
  settings: CookieAuth | undefined,
  secret: { draft(): Bytes },
  isKnown: (id: string) => boolean | Promise<boolean>,
): Promise<Upgrade | undefined> {
  const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"));
  if (subprotocol === undefined) return undefined;
  const cookie = settings && (await trackingCookie(request, cookiePathIn(request), settings, secret.draft(), isKnown));
  const address = request.headers.get("CF-Connecting-IP") ?? undefined;
  const readInfo = () => readTransportInfo(request, subprotocol.name, cookie?.id);
  return { subprotocol, cookie, address, readInfo };
}

/** Gives the client its end of a WebSocket, with the chosen subprotocol. */
export function upgradeResponse(client: WebSocket, { name }: Subprotocol, setCookie?: string): Response {
  const headers = { "Sec-WebSocket-Protocol": name, ...(setCookie !== undefined && { "Set-Cookie": setCookie }) };
  return new Response(null, { status: 101, webSocket: client, headers });
}
