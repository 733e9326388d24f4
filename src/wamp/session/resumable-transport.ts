/** The way out of a session that outlives its connection: it counts, keeps the latest messages, and waits without one. */

import type { SendFault, Transport } from "../host/transport.ts";
import type { RouterMessage } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, Id } from "../protocol/values.ts";
import { storedPayload } from "../records/stored-payload.ts";
import type { Codec } from "../records/stored-record.ts";
import { field, optional, record, Unreadable } from "../records/stored-record.ts";
import * as is from "../records/stored-values.ts";

/** What is kept for one session: messages, and bytes, about. */
export interface BufferBounds {
  readonly messages: number;
  readonly bytes: number;
}

/** Who looks after sessions without a connection. */
export interface BufferObserver {
  /** Must messages make room, because the realm keeps too much? */
  readonly isFull: boolean;
  /** So many bytes more are kept, or fewer. */
  onBuffer(bytes: number): void;
  /** What must survive sleep has changed. */
  onChange(transport: ResumableTransport): void;
  /** A message came that was neither sent nor could be kept; nothing is sent any more. */
  onOverflow(transport: ResumableTransport): void;
}

/** What a session's record keeps; messages are numbered from 1, WELCOMEs do not count. */
export interface ResumeRecord {
  readonly token: string;
  /** Number of the last message that was put on a connection. */
  readonly sent: number;
}

/** What HELLO asks for: a session that can be resumed, or to go on with an earlier one. */
export interface ResumeRequest {
  readonly session?: Id | undefined;
  readonly token?: string | undefined;
  /** Messages the client has had in the session; absent for a client that does not count. */
  readonly received?: number | undefined;
}

/** The resumable in the stored record of a session. */
export const storedResume = record<ResumeRecord>({ token: field("t", is.text), sent: field("n", is.count) });

/** Messages a session without connection is owed, or may miss; the first has the number `first`. */
export interface KeptMessages {
  readonly first: number;
  readonly messages: readonly RouterMessage[];
}

export class ResumableTransport implements Transport {
  /** Proves whose session it is; good for one resumption. */
  token: string;
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
    { token, sent }: ResumeRecord,
    bounds: BufferBounds,
    observer: BufferObserver,
  ) {
    this.token = token;
    this.#connection = connection;
    this.#sent = sent;
    this.#first = sent + 1;
    this.#bounds = bounds;
    this.#observer = observer;
  }

  get details(): Dict | undefined {
    return this.#connection?.details;
  }

  /** Has something been lost, so that the session cannot go on elsewhere? */
  get isLost(): boolean {
    return this.#isLost;
  }

  get record(): ResumeRecord {
    return { token: this.token, sent: this.#sent };
  }

  get kept(): KeptMessages {
    return { first: this.#first, messages: this.#messages };
  }

  send(message: RouterMessage): SendFault | undefined {
    if (this.#isLost) return "closed";
    const fault = this.#connection?.send(message);
    if (fault === "too large") return fault;
    // The connection is gone, and the realm is about to hear of it.
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

  /** The connection is gone; what is sent from here on waits for another one. */
  park(): void {
    this.#connection = undefined;
  }

  /** The session is over. */
  end(): void {
    this.#isLost = true;
    this.#connection = undefined;
    this.#clear();
  }

  /** Puts back what was kept while the object slept. */
  restore({ first, messages }: KeptMessages, isLost: boolean): void {
    this.#first = first;
    this.#isLost = isLost;
    for (const message of messages) this.#keep(message);
  }

  /** Is everything there that a client lacks which has had `received` messages? One that does not count is believed to have all. */
  hasAllAfter(received: number = this.#sent): boolean {
    return !this.#isLost && received <= this.#sent && received >= this.#first - 1;
  }

  /** Goes on with another connection; what the client lacks is sent there first. Says what cannot be sent. */
  moveTo(connection: Transport, received: number = this.#sent): SendFault | undefined {
    this.#connection = connection;
    this.#sent = this.#first + this.#messages.length - 1;
    for (const message of this.#messages.slice(received + 1 - this.#first)) {
      const fault = connection.send(message);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Keeps the latest; of those kept, what was sent before makes room first. */
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

/** What the router needs to keep a message besides its payload; bytes, about. */
const OVERHEAD = 128;

function sizeOf(message: RouterMessage): number {
  const last = message.at(-1);
  return OVERHEAD + (last instanceof Payload ? last.size : 0);
}

/** What precedes a message's payload, and its payload if it has a place for one. */
interface StoredMessage {
  readonly head: readonly unknown[];
  readonly payload?: Payload | undefined;
}

const parts = record<StoredMessage>({ head: field("h", is.elements), payload: optional("p", storedPayload) });

/** A message that was kept. */
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
