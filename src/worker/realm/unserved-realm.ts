/** Answers for a realm that cannot be served: clients reconnect or retry later. */

import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { negotiate } from "../../wamp/serializers/subprotocols.ts";
import { closeSocket } from "../platform/close-socket.ts";
import { refuseRealm } from "../routing/hello-routing.ts";
import type { RpcRefusal } from "../routing/realm-rpc.ts";
import { rpcRefusal } from "../routing/realm-rpc.ts";
import { upgradeResponse } from "../routing/upgrade.ts";

/** Why a realm cannot be served. */
export type Unserved =
  /** The configuration has no such realm. */
  | { readonly kind: "unknown" }
  /** The configuration is faulty, the storage cannot be used, or the sessions cannot be restored. */
  | { readonly kind: "broken"; readonly cause: string; readonly stack?: string | undefined };

const REASON = "the realm cannot be served now";

/**
 * Accepts the socket of a client: HELLO to an unknown realm is answered with ABORT; the socket of any other realm is
 * closed, so that the client reconnects.
 */
export function refuseUpgrade(request: Request, { kind }: Unserved): Response {
  const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"));
  if (subprotocol === undefined) return new Response(null, { status: 400 });
  if (kind === "unknown") return refuseRealm(request);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CloseCode.RESTART, REASON);
  return upgradeResponse(client, subprotocol);
}

/** Closes sockets from before the object's sleep, so that their clients reconnect. */
export function closeUnserved(sockets: Iterable<WebSocket>): void {
  for (const socket of sockets) closeSocket(socket, CloseCode.RESTART, REASON);
}

/** Refuses a request by RPC; the HTTP bridge answers with 503. */
export function refuseRequest({ kind }: Unserved): RpcRefusal {
  const uri = kind === "unknown" ? WampUri.NO_SUCH_REALM : WampUri.UNAVAILABLE;
  return rpcRefusal("full", REASON, uri);
}
