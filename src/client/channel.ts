/** What a client's session needs of a connection: in memory, or a WebSocket with the subprotocol `wamp.2.json`. */

/** A connection to a realm. Each text is one WAMP message in JSON. */
export interface Channel {
  /** Sends a message; does nothing once the connection has ended. */
  send(text: string): void;
  /** Ends the connection without a message; the receiver is not told. The promise, if any, resolves
   * when the router knows. */
  close(): void | Promise<void>;
}

/** Takes what comes over a channel. */
export interface ChannelReceiver {
  /** Takes a message. Its handlers run after this turn. */
  onText(text: string): void;
  /** The other side has ended the connection, or it is lost: a WebSocket close code and a reason. */
  onClose(code: number, reason: string): void;
}

/** Opens a connection to a realm. */
export type Connect = (receiver: ChannelReceiver) => Channel | Promise<Channel>;
