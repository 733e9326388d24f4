/** A heartbeat for clients that cannot send WebSocket pings, browsers above all. */

/** Text frame of a client. It is no JSON, so no message of a text subprotocol is the same, and binary ones have no text. */
const REQUEST = "ping";
/** Text frame that answers it. */
const RESPONSE = "pong";

/**
 * Has the platform answer the heartbeat on every socket of an object, whatever its subprotocol, without waking it
 * (Durable Objects: setWebSocketAutoResponse). The platform keeps this while the object sleeps.
 */
export function answerHeartbeats(ctx: DurableObjectState): void {
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(REQUEST, RESPONSE));
}
