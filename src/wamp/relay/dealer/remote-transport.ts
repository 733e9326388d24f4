/** The transport of a session whose connection is at a relay: the core's dealer sends through it. */

import type { SendFault, Transport } from "../../host/transport.ts";
import { MessageType, PAYLOAD_INDEX, type RouterMessage } from "../../protocol/message.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Id } from "../../protocol/values.ts";
import type { OnEnd } from "../link/link-sender.ts";
import { isLong, isTooLongFromHere } from "../link/message-size.ts";

/** The core, as its remote transports use it. */
export interface RemoteSender {
  /** Queues a message for a session of a relay; `onEnd` as in `LinkSender.queue`. */
  send(relay: number, session: Id, message: RouterMessage, onEnd?: OnEnd): void;
  /** Has a relay hear of the core. */
  ping(relay: number, onEnd: OnEnd): void;
  /** See `LinkSender.isFull`. */
  isFull(relay: number): boolean;
  /** The record of the session has changed. */
  save(session: Id): void;
}

/**
 * Only the relay sees that its client cannot take a message: the relay then answers an INVOCATION in the place of the
 * callee, and sends a caller ERROR.
 */
export class RemoteTransport implements Transport {
  /** Changes when the session moves. */
  relay: number;
  /** The CALL.Requests of procedures of the router that have no final answer, because other objects are asked. */
  readonly routerCalls = new Set<Id>();
  readonly #session: Id;
  readonly #sender: Omit<RemoteSender, "ping">;

  constructor(relay: number, session: Id, sender: Omit<RemoteSender, "ping">) {
    this.relay = relay;
    this.#session = session;
    this.#sender = sender;
  }

  send(message: RouterMessage): SendFault | undefined {
    if (isTooLong(message)) return "too large";
    const fault = faultIfFull(message);
    if (fault !== undefined && this.#sender.isFull(this.relay)) return fault;
    this.#sender.send(this.relay, this.#session, message);
    if (this.routerCalls.size > 0 && this.routerCalls.delete(endedCall(message)!)) this.save();
    return undefined;
  }

  /** The relay closes its connections itself. */
  close(): void {}

  save(): void {
    this.#sender.save(this.#session);
  }
}

/** Can the platform not carry a message of the dealer? */
function isTooLong(message: RouterMessage): boolean {
  const index = PAYLOAD_INDEX[message[0]];
  return index !== undefined && isTooLongFromHere(message[index] as Payload);
}

/** The CALL.Request of a call that a message ends; undefined for another message. */
export function endedCall(message: RouterMessage): Id | undefined {
  if (message[0] === MessageType.RESULT) return message[2].progress === true ? undefined : message[1];
  return message[0] === MessageType.ERROR && message[1] === MessageType.CALL ? message[2] : undefined;
}

/** How a message fails that a full link does not take; undefined for one that it always takes, because it is small. */
function faultIfFull(message: RouterMessage): SendFault | undefined {
  switch (message[0]) {
    case MessageType.INVOCATION:
      return "busy";
    case MessageType.RESULT:
      // Progress must not pile up where its call can fail.
      return message[2].progress === true || isLong(message) ? "too large" : undefined;
    case MessageType.ERROR:
      return isLong(message) ? "too large" : undefined;
    default:
      return undefined;
  }
}
