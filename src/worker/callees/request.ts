/** The request by which a Worker that serves a call reaches its realm; no request of a client has such a path. */

import { isId } from "../../wamp/id.ts";
import type { Id } from "../../wamp/message.ts";

const PATH = "/callee/";

/** Asks for a WebSocket to answer on; `request` is that of the INVOCATION. */
export function calleeRequest(request: Id): Request {
  return new Request(`https://realm${PATH}${request}`, { headers: { Upgrade: "websocket" } });
}

/** The INVOCATION.Request of the call that is served; undefined for requests of anybody else. */
export function servedCall({ url }: Request): Id | undefined {
  const { pathname } = new URL(url);
  const request = pathname.startsWith(PATH) ? Number(pathname.slice(PATH.length)) : undefined;
  return isId(request) ? request : undefined;
}
