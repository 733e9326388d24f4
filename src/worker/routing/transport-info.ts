/** Reads the properties of a client's transport from its upgrade request. */

import { networkOf } from "../../wamp/host/network.ts";
import type { TransportInfo } from "../../wamp/host/transport.ts";

/**
 * The transport of a request, as authenticators see it; `cookieId` is the id of a tracking cookie with a valid
 * signature.
 */
export function readTransportInfo(
  request: Request,
  websocketProtocol: string,
  cookieId: string | undefined,
): TransportInfo {
  const headers = Object.fromEntries(request.headers);
  const certificate = (request.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  // `certVerified` is SUCCESS for a revoked certificate, too (Cloudflare: client certificate variables).
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

/** The address and network of a client, as fields of a log line. */
export function describeClient({ headers }: Request): {
  readonly address?: string;
  readonly network?: string | undefined;
} {
  const address = headers.get("CF-Connecting-IP");
  return address === null ? {} : { address, network: networkOf(address) };
}

/**
 * What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, because one client has 2^64.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const [head = ""] = address.toLowerCase().split("::");
  return head.split(":").slice(0, 4).join(":");
}

/** Whether the client connected by TLS, to this Worker or to a proxy in front of it (`npm run serve`). */
export function isSecure(request: Request): boolean {
  return new URL(request.url).protocol === "https:" || request.headers.get("X-Forwarded-Proto") === "https";
}
