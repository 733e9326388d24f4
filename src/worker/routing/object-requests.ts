/**
 * Makes the upgrade requests for a realm's object: those of clients, and those of the router itself, which present a
 * ticket. The Worker writes their URLs, so that the URL and the Host header of a client do not reach the object.
 */

const TICKET_URL = "https://realm/ticket?";

/**
 * Sends the upgrade request of a client to a realm's object, with its headers and the platform's properties (`cf`). Only
 * the scheme of its URL is kept. `cookiePath` becomes the Path of the realm's cookie.
 */
export function connectClient(object: Pick<Fetcher, "fetch">, request: Request, cookiePath: string): Promise<Response> {
  const scheme = isEncrypted(request) ? "https" : "http";
  // A `Request` of its own would be one more copy of the headers.
  return object.fetch(`${scheme}://realm/client?cookie_path=${encodeURIComponent(cookiePath)}`, request);
}

/** The upgrade request that redeems a ticket of `Tickets`. The socket uses JSON. */
export function ticketRequest(ticket: string): Request {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  return new Request(TICKET_URL + new URLSearchParams({ ticket }), { headers });
}

/** The ticket of a request; undefined for requests of clients. */
export function ticketIn({ url }: Request): string | undefined {
  return url.startsWith(TICKET_URL) ? (new URL(url).searchParams.get("ticket") ?? "") : undefined;
}

/** The Path of the realm's cookie for the client of a request. */
export function cookiePathIn({ url }: Request): string {
  return new URL(url).searchParams.get("cookie_path") ?? "/";
}

function isEncrypted({ url }: Request): boolean {
  return url.startsWith("https:");
}
