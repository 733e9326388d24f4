/**
 * Transport of a session that outlives its connection: numbers the messages and keeps the latest ones
 * (docs/session-resume.md).
 */

import type { SendFault, Traffic, Transport } from "../host/transport.ts";
import type { RouterMessage } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, Id } from "../protocol/values.ts";
import { storedPayload } from "../stored-records/stored-payload.ts";
import type { Codec } from "../stored-records/stored-record.ts";
import { field, optional, record, Unreadable, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";

/** The most that is kept for one session: messages, and bytes (estimated). */
export interface BufferBounds {
  readonly messages: number;
  readonly bytes: number;
}

/** Learns what the transports of a realm keep. */
export interface BufferObserver {
  /** Does the realm keep too much, so that messages have to be dropped? */
  readonly isFull: boolean;
  /** The kept bytes changed by this number. */
  onBuffer(bytes: number): void;
  /** The state that must survive sleep has changed, and the transport has no connection that would save it. */
  onChange(transport: ResumableTransport): void;
  /** A message could neither be sent nor kept; from now on none is sent. */
  onOverflow(transport: ResumableTransport): void;
}

/** The transport in the stored record of its session; messages are numbered from 1, WELCOMEs do not count. */
export interface ResumeRecord {
  readonly token: string;
  /** Number of the last message that was put on a connection. */
  readonly sent: number;
  /** How often the session has moved to another object. */
  readonly moves: number;
}

/** What HELLO requests: a session that can be resumed, or to resume one. */
export interface ResumeRequest {
  readonly session?: Id | undefined;
  readonly token?: string | undefined;
  /** Messages that the client has received in the session; absent if the client does not count them. */
  readonly received?: number | undefined;
}

/** The codec of `ResumeRecord`. */
export const storedResume = record<ResumeRecord>({
  token: field("t", is.text),
  sent: field("n", is.count),
  moves: usually("m", is.count, 0),
});

/** Messages that the client may not have received; the first has the number `first`. */
export interface KeptMessages {
  readonly first: number;
  readonly messages: readonly RouterMessage[];
}

/** Sends on the current connection, if any, and keeps what a resumed client may lack. */
export class ResumableTransport implements Transport {
  /** Proves that a client may resume the session; valid for one resumption. */
  token: string;
  /** See `ResumeRecord`. */
  moves: number;
  readonly #bounds: BufferBounds;
  readonly #observer: BufferObserver;
  #connection: Transport | undefined;
  #sent: number;
  #first: number;
  #messages: RouterMessage[] = [];
  #bytes = 0;
  #isLost = false;

  constructor(
    connection: Transport | undefined,
    { token, sent, moves }: ResumeRecord,
    bounds: BufferBounds,
    observer: BufferObserver,
  ) {
    this.token = token;
    this.moves = moves;
    this.#connection = connection;
    this.#sent = sent;
    this.#first = sent + 1;
    this.#bounds = bounds;
    this.#observer = observer;
  }

  get details(): Dict | undefined {
    return this.#connection?.details;
  }

  get traffic(): Traffic | undefined {
    return this.#connection?.traffic;
  }

  get isBehind(): boolean {
    return this.#connection === undefined || this.#connection.isBehind === true;
  }

  /** Was a message lost, so that the session cannot be resumed? */
  get isLost(): boolean {
    return this.#isLost;
  }

  get record(): ResumeRecord {
    return { token: this.token, sent: this.#sent, moves: this.moves };
  }

  get kept(): KeptMessages {
    return { first: this.#first, messages: this.#messages };
  }

  send(message: RouterMessage): SendFault | undefined {
    if (this.#isLost) return "closed";
    const fault = this.#connection?.send(message);
    if (fault === "too large") return fault;
    // The connection is closed; the realm is told in its close event.
    if (fault === "closed") this.#connection = undefined;
    if (this.#connection !== undefined) this.#sent++;
    this.#keep(message);
    this.save();
    return this.#isLost ? "closed" : undefined;
  }

  close(code: number, reason: string): void {
    this.#connection?.close(code, reason);
  }

  save(): void {
    if (this.#connection !== undefined) this.#connection.save();
    else this.#observer.onChange(this);
  }

  /** The connection is closed: keeps what is sent from now on for the next one. */
  park(): void {
    this.#connection = undefined;
  }

  /** The session has ended: drops what is kept. */
  end(): void {
    this.#isLost = true;
    this.#connection = undefined;
    this.#clear();
  }

  /** Restores the kept messages after the object slept. */
  restore({ first, messages }: KeptMessages, isLost: boolean): void {
    this.#first = first;
    this.#isLost = isLost;
    for (const message of messages) this.#keep(message);
  }

  /**
   * Are all messages kept after the first `received` ones? A client that does not count is assumed to have all that
   * were sent.
   */
  hasAllAfter(received: number = this.#sent): boolean {
    return !this.#isLost && received <= this.#sent && received >= this.#first - 1;
  }

  /**
   * Sends the messages that the client lacks on another connection, and uses it from now on. Returns why it cannot, if
   * so.
   */
  moveTo(connection: Transport, received: number = this.#sent): SendFault | undefined {
    this.#connection = connection;
    this.#sent = this.#first + this.#messages.length - 1;
    for (const message of this.#messages.slice(received + 1 - this.#first)) {
      const fault = connection.send(message);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Keeps a message. Over the bounds it drops the oldest, which must have been sent: otherwise the session is lost. */
  #keep(message: RouterMessage): void {
    this.#messages.push(message);
    this.#count(sizeOf(message));
    while (this.#messages.length > 0 && this.#isTooMuch()) {
      if (this.#first > this.#sent) return this.#overflow();
      this.#count(-sizeOf(this.#messages.shift()!));
      this.#first++;
    }
  }

  #isTooMuch(): boolean {
    return this.#messages.length > this.#bounds.messages || this.#bytes > this.#bounds.bytes || this.#observer.isFull;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#observer.onBuffer(bytes);
  }

  #clear(): void {
    this.#messages = [];
    this.#count(-this.#bytes);
  }

  #overflow(): void {
    this.#isLost = true;
    this.#clear();
    this.#observer.onOverflow(this);
  }
}

/** Estimated bytes of a kept message besides its payload. */
const OVERHEAD = 128;

function sizeOf(message: RouterMessage): number {
  const last = message.at(-1);
  return OVERHEAD + (last instanceof Payload ? last.size : 0);
}

/** The elements of a message before its payload, and the payload if the message type has one. */
interface StoredMessage {
  readonly head: readonly unknown[];
  readonly payload?: Payload | undefined;
}

const parts = record<StoredMessage>({ head: field("h", is.elements), payload: optional("p", storedPayload) });

/** The codec of a kept message. */
export const storedMessage: Codec<RouterMessage> = {
  write(message) {
    const last = message.at(-1);
    return parts.write(last instanceof Payload ? { head: message.slice(0, -1), payload: last } : { head: message });
  },
  read(json, at) {
    const { head, payload } = parts.read(json, at);
    if (typeof head[0] !== "number") throw new Unreadable(`${at} has no type`);
    // Written by `write`.
    return (payload === undefined ? head : [...head, payload]) as unknown as RouterMessage;
  },
};
