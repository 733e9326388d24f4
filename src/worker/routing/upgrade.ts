/** Answers to WebSocket upgrade requests. */

import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";

/** Gives the client its end of a WebSocket, with the chosen subprotocol. */
export function upgradeResponse(client: WebSocket, { name }: Subprotocol, setCookie?: string): Response {
  const headers = new Headers({ "Sec-WebSocket-Protocol": name });
  if (setCookie !== undefined) headers.set("Set-Cookie", setCookie);
  return new Response(null, { status: 101, webSocket: client, headers });
}
