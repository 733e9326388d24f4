/** Answers of an object that cannot serve its realm now: clients are told to come again. */

import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { negotiate } from "../../wamp/serializers/index.ts";
import { closeSocket } from "../platform/close-socket.ts";
import { refuseRealm } from "../routing/hello-routing.ts";
import type { RpcRefusal } from "../routing/realm-rpc.ts";
import { rpcRefusal } from "../routing/realm-rpc.ts";
import { upgradeResponse } from "../routing/upgrade.ts";

/** Why a realm is not served. */
export type Unserved =
  /** The configuration has no such realm. */
  | { readonly kind: "unknown" }
  /** Its storage cannot be used, or its records cannot be woken. */
  | { readonly kind: "broken"; readonly cause: string; readonly stack?: string | undefined };

const REASON = "the realm cannot be served now";

/** Accepts the socket of a client: a realm that does not exist aborts HELLO, any other closes so that clients come back. */
export function refuseUpgrade(request: Request, { kind }: Unserved): Response {
  const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"));
  if (subprotocol === undefined) return new Response(null, { status: 400 });
  if (kind === "unknown") return refuseRealm(request);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CloseCode.RESTART, REASON);
  return upgradeResponse(client, subprotocol);
}

/** Closes sockets that slept, so that their clients come back. */
export function closeUnserved(sockets: Iterable<WebSocket>): void {
  for (const socket of sockets) closeSocket(socket, CloseCode.RESTART, REASON);
}

/** The answer to a request by RPC; the Worker makes 503 of it. */
export function refuseRequest({ kind }: Unserved): RpcRefusal {
  const uri = kind === "unknown" ? WampUri.NO_SUCH_REALM : WampUri.UNAVAILABLE;
  return rpcRefusal("full", REASON, uri);
}
