/** The request by which the Worker has a realm open a session for a watcher; no request of a client has such a path. */

import { toBase64Url } from "../../wamp/authentication/encoding.ts";
import type { Identity } from "../../wamp/session.ts";

const PATH = "/watch/";

/** Asks for a WebSocket with a session of that role; it speaks JSON. */
export function watcherRequest(role: string): Request {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  return new Request(`https://realm${PATH}${encodeURIComponent(role)}`, { headers });
}

/** Who a watcher is; undefined for requests of anybody else. */
export function watcherIdentity({ url }: Request): Identity | undefined {
  const { pathname } = new URL(url);
  if (!pathname.startsWith(PATH)) return undefined;
  const authid = toBase64Url(crypto.getRandomValues(new Uint8Array(AUTHID_LENGTH)));
  const authrole = decodeURIComponent(pathname.slice(PATH.length));
  return { authid, authrole, authmethod: "anonymous", authprovider: "static" };
}

/** Bytes, as for other anonymous sessions. */
const AUTHID_LENGTH = 18;
