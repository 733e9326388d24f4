/**
 * Makes the upgrade requests for a realm's object: those of clients, and those of the router itself, which present a
 * ticket. The Worker writes their URLs, so that the URL and the Host header of a client do not reach the object.
 */

const CLIENT = "/client";
const TICKET = "/ticket";

/**
 * The upgrade request of a client, with its headers and the platform's properties (`cf`). Only the scheme of its URL is
 * kept. `cookiePath` becomes the Path of the realm's cookie.
 */
export function clientRequest(request: Request, cookiePath: string): Request {
  const url = new URL(`${isEncrypted(request) ? "https" : "http"}://realm${CLIENT}`);
  url.searchParams.set("cookie_path", cookiePath);
  return new Request(url, request);
}

/** The upgrade request that redeems a ticket of `Tickets`. The socket uses JSON. */
export function ticketRequest(ticket: string): Request {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const url = new URL(`https://realm${TICKET}`);
  url.searchParams.set("ticket", ticket);
  return new Request(url, { headers });
}

/** The ticket of a request; undefined for requests of clients. */
export function ticketIn({ url }: Request): string | undefined {
  const { pathname, searchParams } = new URL(url);
  return pathname === TICKET ? (searchParams.get("ticket") ?? "") : undefined;
}

/** The Path of the realm's cookie for the client of a request. */
export function cookiePathIn({ url }: Request): string {
  return new URL(url).searchParams.get("cookie_path") ?? "/";
}

function isEncrypted({ url }: Request): boolean {
  return url.startsWith("https:");
}
