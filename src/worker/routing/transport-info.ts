/** What an upgrade request tells of a client. */

import { networkOf } from "../../wamp/host/network.ts";
import type { TransportInfo } from "../../wamp/host/transport.ts";

/** `cookieId` is the id in the tracking cookie, once its signature has been checked. */
export function readTransportInfo(
  request: Request,
  websocketProtocol: string,
  cookieId: string | undefined,
): TransportInfo {
  const headers = Object.fromEntries(request.headers);
  const certificate = (request.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  // A certificate that was revoked counts as verified, too (Cloudflare: client certificate variables).
  const isValid = certificate?.certVerified === "SUCCESS" && certificate.certRevoked !== "1";
  return {
    ...(headers["cf-connecting-ip"] !== undefined && { peer: headers["cf-connecting-ip"] }),
    is_secure: isSecure(request),
    websocket_protocol: websocketProtocol,
    http_headers_received: headers,
    ...(cookieId !== undefined && { http_cbtid: cookieId }),
    ...(isValid && { client_cert: { ...certificate } }),
  };
}

/** Where a request comes from, for the log. */
export function describeClient({ headers }: Request): {
  readonly address?: string;
  readonly network?: string | undefined;
} {
  const address = headers.get("CF-Connecting-IP");
  return address === null ? {} : { address, network: networkOf(address) };
}

/** Did the client connect by TLS? Behind a proxy that ends it, as with `npm run serve`, the proxy tells. */
export function isSecure(request: Request): boolean {
  return new URL(request.url).protocol === "https:" || request.headers.get("X-Forwarded-Proto") === "https";
}
