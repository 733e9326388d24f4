/**
 * Upgrade requests for a realm's object: those of clients, and those of the router itself, which present a ticket. The
 * Worker writes the URL of each; what a client wrote in its own URL or Host header does not reach the object.
 */

const CLIENT = "/client";
const TICKET = "/ticket";

/**
 * The client's upgrade `request`, with its headers and the platform's facts. Only the scheme is left of its URL.
 * `cookiePath` is where the client's browser may send the realm's cookie again.
 */
export function clientRequest(request: Request, cookiePath: string): Request {
  const url = new URL(`${isEncrypted(request) ? "https" : "http"}://realm${CLIENT}`);
  url.searchParams.set("cookie_path", cookiePath);
  return new Request(url, request);
}

/** The upgrade request that redeems a ticket of `Tickets`. A watcher's socket speaks JSON. */
export function ticketRequest(ticket: string): Request {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const url = new URL(`https://realm${TICKET}`);
  url.searchParams.set("ticket", ticket);
  return new Request(url, { headers });
}

/** The ticket that a request presents; undefined for requests of clients. */
export function ticketIn({ url }: Request): string | undefined {
  const { pathname, searchParams } = new URL(url);
  return pathname === TICKET ? (searchParams.get("ticket") ?? "") : undefined;
}

/** Where the client's browser may send the realm's cookie again. */
export function cookiePathIn({ url }: Request): string {
  return new URL(url).searchParams.get("cookie_path") ?? "/";
}

function isEncrypted({ url }: Request): boolean {
  return url.startsWith("https:");
}
