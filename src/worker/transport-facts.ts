/** What an upgrade request tells of a client. */

import type { TransportFacts } from "../wamp/host.ts";

/** `cookieId` is the id in the tracking cookie, once its signature has been checked. */
export function factsOf(request: Request, websocketProtocol: string, cookieId: string | undefined): TransportFacts {
  const headers = Object.fromEntries(request.headers);
  const certificate = (request.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  return {
    ...(headers["cf-connecting-ip"] !== undefined && { peer: headers["cf-connecting-ip"] }),
    // Behind a proxy that ends TLS, as with `npm run serve`, the proxy tells.
    is_secure: new URL(request.url).protocol === "https:" || headers["x-forwarded-proto"] === "https",
    websocket_protocol: websocketProtocol,
    http_headers_received: headers,
    ...(cookieId !== undefined && { http_cbtid: cookieId }),
    ...(certificate?.certVerified === "SUCCESS" && { client_cert: { ...certificate } }),
  };
}
