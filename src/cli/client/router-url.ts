/** URLs of routers, as people write them. */

import { UserError } from "../project/user-error.ts";

/** Where `wamp-edge start` and `wamp-edge serve` listen. */
export const DEFAULT_URL = "ws://127.0.0.1:8787/ws/";

const SCHEMES: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };
/** Hosts without TLS, where the text has no scheme. */
const OWN_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;
/** The path of the WebSocket endpoint. */
const ENDPOINT = "/ws/";

/**
 * Returns the WebSocket URL of a realm: of a URL without a path, or with `/ws`, it is `/ws/REALM`; another path stays.
 * http becomes ws, and https becomes wss. Throws UserError for a text that is no such URL.
 */
export function realmUrl(text: string, realm: string): string {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `${OWN_MACHINE.test(text) ? "ws" : "wss"}://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const scheme = url && SCHEMES[url.protocol];
  if (url === undefined || scheme === undefined) {
    throw new UserError(`the URL ${text} is not one of a router; write it like ${DEFAULT_URL} or wss://example.com`);
  }
  if (url.username || url.password) throw new UserError("the URL has a password; use --authid and --secret-env NAME");
  const isEndpoint = url.pathname === "/" || (`${url.pathname}/`.startsWith(ENDPOINT) && url.pathname.length <= 4);
  const path = isEndpoint ? `${ENDPOINT}${encodeURIComponent(realm)}` : url.pathname;
  return `${scheme}//${url.host}${path}${url.search}`;
}
