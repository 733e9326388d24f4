/** The transport of a session whose connection is at a relay: the core's dealer sends through it. */

import type { Transport } from "../../host/transport.ts";
import type { RouterMessage } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";

/** The core, as its remote transports use it. */
export interface RemoteSender {
  /** Queues a message for a session of a relay; `onEnd` as in `LinkSender.queue`. */
  send(relay: number, session: Id, message: RouterMessage, onEnd?: () => void): void;
  /** The record of the session has changed. */
  save(session: Id): void;
}

/**
 * A message that the client cannot take is a fault that only the relay sees: it answers as the callee, or tells the
 * caller.
 */
export class RemoteTransport implements Transport {
  readonly relay: number;
  readonly #session: Id;
  readonly #sender: RemoteSender;

  constructor(relay: number, session: Id, sender: RemoteSender) {
    this.relay = relay;
    this.#session = session;
    this.#sender = sender;
  }

  send(message: RouterMessage): undefined {
    this.#sender.send(this.relay, this.#session, message);
  }

  /** The relay closes its connections itself. */
  close(): void {}

  save(): void {
    this.#sender.save(this.#session);
  }
}
