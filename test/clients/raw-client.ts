/** A WAMP client without protocol logic: sends and receives messages as lists. */

import { expect } from "vitest";
import { WebSocket } from "ws";
import { type Frame, type Subprotocol, type Wire, type WireMessage, wireOf } from "./wire.ts";

/** Code and reason of the close frame. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Options of `RawClient.connect`. */
export interface RawClientOptions {
  /** The character that ends each message of a JSON batch. */
  readonly separator?: string;
  /** Runs before each send; suites evict the realm's object here. */
  readonly beforeSend?: () => Promise<void>;
}

/** All client roles, without features. */
export const ALL_ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} } as const;

/** Matches an id that the router has drawn: an integer in 1..2^53-1 (ID-01, SER-11). */
export const ID: number = expect.toSatisfy((value) => Number.isSafeInteger(value) && (value as number) >= 1, "an id");

/** Matches a human-readable text. */
export const TEXT: string = expect.any(String);

// Long enough for a loaded machine, and shorter than the time-out of a test, whose error names no message.
const MESSAGE_TIMEOUT_MS = 15_000;
const FIRST_PROBE = 900_001;

/** One WebSocket with a queue of received messages. */
export class RawClient {
  /** Resolves when the socket is closed, by the client or the router. */
  readonly closed: Promise<Closed>;
  readonly socket: WebSocket;
  readonly #wire: Wire;
  readonly #beforeSend: () => Promise<void>;
  readonly #received: WireMessage[] = [];
  #waiting: (() => void) | undefined;
  #end: Closed | undefined;
  #fault: Error | undefined;
  #probe = FIRST_PROBE;

  private constructor(socket: WebSocket, wire: Wire, beforeSend: () => Promise<void>) {
    this.socket = socket;
    this.#wire = wire;
    this.#beforeSend = beforeSend;
    socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#end = { code, reason: reason.toString() };
        this.#waiting?.();
        resolve(this.#end);
      });
    });
  }

  /** Opens a socket; rejects if the router refuses the upgrade. */
  static connect(url: string, subprotocol: Subprotocol, options: RawClientOptions = {}): Promise<RawClient> {
    const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false });
    const wire = wireOf(subprotocol, options.separator);
    const client = new RawClient(socket, wire, options.beforeSend ?? (async () => {}));
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
      // A later error is followed by a close, which `closed` reports.
      socket.on("error", () => {});
    });
  }

  /** Sends messages: in one frame if the subprotocol has batches, else in one frame each. */
  async send(...messages: WireMessage[]): Promise<void> {
    await this.#beforeSend();
    for (const frame of this.#wire.encode(messages)) this.socket.send(frame);
  }

  /** Sends a frame: text from a string, binary from bytes. */
  async sendFrame(frame: Frame): Promise<void> {
    await this.#beforeSend();
    this.socket.send(frame);
  }

  /** Returns the next message; rejects after a time-out, or when the socket closes first. */
  async next(): Promise<WireMessage> {
    const deadline = AbortSignal.timeout(MESSAGE_TIMEOUT_MS);
    while (this.#received.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#end !== undefined) throw new Error(`closed ${this.#end.code} ${this.#end.reason}, no message`);
      if (deadline.aborted) throw new Error("no message arrived in time");
      await this.#wake(deadline);
    }
    return this.#received.shift() as WireMessage;
  }

  /** Asserts that the next message equals `pattern`; returns the message. */
  async expect(pattern: WireMessage): Promise<WireMessage> {
    const message = await this.next();
    expect(message).toStrictEqual(pattern);
    return message;
  }

  /** Asserts that the next message is an ERROR for `request`; `Arguments` may hold one text. */
  async expectError(requestType: number, request: number, uri: string): Promise<void> {
    const message = await this.next();
    expect(message.slice(0, 5)).toStrictEqual([8, requestType, request, {}, uri]);
    if (message.length > 5) expect(message.slice(5)).toStrictEqual([[TEXT]]);
  }

  /** Asserts that the next message is ABORT with `reason`, and that the router then closes the connection. */
  async expectAbort(reason = "wamp.error.protocol_violation", code?: number): Promise<void> {
    await this.expect([3, { message: TEXT }, reason]);
    const end = await this.closed;
    expect(this.unread).toStrictEqual([]);
    if (code !== undefined) expect(end.code).toBe(code);
  }

  /** Asserts that no message is queued or under way: the next message is the ERROR of a call to a missing procedure. */
  async expectNothing(): Promise<void> {
    const request = this.#probe++;
    await this.send([48, request, {}, "open.probe.missing"]);
    await this.expectError(48, request, "wamp.error.no_such_procedure");
  }

  /** Received messages that `next` has not returned yet. */
  get unread(): readonly WireMessage[] {
    return this.#received;
  }

  /** Sends HELLO, by default with all roles, and expects WELCOME; returns the session id. */
  async join(realm: string, details: object = { roles: ALL_ROLES }): Promise<number> {
    await this.send([1, realm, details]);
    const [, sessionId] = await this.expect([2, ID, expect.any(Object)]);
    return sessionId as number;
  }

  /** Sends GOODBYE and expects the answer; the socket stays open. */
  async leave(): Promise<void> {
    await this.send([6, {}, "wamp.close.close_realm"]);
    await this.expect([6, expect.any(Object), "wamp.close.goodbye_and_out"]);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    try {
      this.#received.push(...this.#wire.decode(isBinary ? new Uint8Array(data) : data.toString()));
    } catch (fault) {
      this.#fault = fault as Error;
    }
    this.#waiting?.();
  }

  #wake(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
