/** Heartbeat for clients that cannot send WebSocket pings, such as browsers. */

/** Text frame of a client. No message equals it: it is no JSON, and binary subprotocols have no text frames. */
const REQUEST = "ping";
/** Text frame of the platform's answer. */
const RESPONSE = "pong";

/**
 * Has the platform answer heartbeats on all sockets of an object without waking it (Durable Objects:
 * setWebSocketAutoResponse). The platform keeps this setting while the object sleeps.
 */
export function answerHeartbeats(ctx: DurableObjectState): void {
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(REQUEST, RESPONSE));
}
