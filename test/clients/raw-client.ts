/** A WAMP client that knows nothing of WAMP but lists on a socket: it sends what it is told and hands back what comes. */

import { expect } from "vitest";
import { WebSocket } from "ws";
import { type Frame, type Subprotocol, type Wire, type WireMessage, wireOf } from "./wire.ts";

/** How the connection ended. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface RawClientOptions {
  /** What ends messages in JSON batches. */
  readonly separator?: string;
  /** Runs before anything is sent; the suites put the realm's object to sleep here. */
  readonly beforeSend?: () => Promise<void>;
}

/** Every role with the features that let the router send the most. */
export const ALL_ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} } as const;

/** An id as the router draws it: an integer in 1..2^53-1 (ID-01, SER-11). */
export const ID: number = expect.toSatisfy((value) => Number.isSafeInteger(value) && (value as number) >= 1, "an id");

/** Human-readable text. */
export const TEXT: string = expect.any(String);

// Long enough for a loaded machine, short enough to name the message that never came.
const PATIENCE_MS = 5_000;
const FIRST_PROBE = 900_001;

export class RawClient {
  /** Resolves when the socket is closed, by whomever. */
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

  /** Opens a socket; rejects where the router refuses the upgrade. */
  static connect(url: string, subprotocol: Subprotocol, options: RawClientOptions = {}): Promise<RawClient> {
    const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false });
    const wire = wireOf(subprotocol, options.separator);
    const client = new RawClient(socket, wire, options.beforeSend ?? (async () => {}));
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
      // Later errors come with a close, which `closed` reports.
      socket.on("error", () => {});
    });
  }

  /** Sends one message, or several at once: in one frame where the subprotocol has batches. */
  async send(...messages: WireMessage[]): Promise<void> {
    await this.#beforeSend();
    for (const frame of this.#wire.encode(messages)) this.socket.send(frame);
  }

  /** Sends a frame as it is: text from a string, binary from bytes. */
  async sendFrame(frame: Frame): Promise<void> {
    await this.#beforeSend();
    this.socket.send(frame);
  }

  /** The next message; rejects where none comes or the socket closes first. */
  async next(): Promise<WireMessage> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (this.#received.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#end !== undefined) throw new Error(`closed ${this.#end.code} ${this.#end.reason}, no message`);
      if (deadline.aborted) throw new Error("no message came");
      await this.#wake(deadline);
    }
    return this.#received.shift() as WireMessage;
  }

  /** The next message, which must be equal to `pattern`; returns it, so that ids can be taken from it. */
  async expect(pattern: WireMessage): Promise<WireMessage> {
    const message = await this.next();
    expect(message).toStrictEqual(pattern);
    return message;
  }

  /** The next message must refuse `request`; the router may add a text for people (`Arguments[0]`). */
  async expectError(requestType: number, request: number, uri: string): Promise<void> {
    const message = await this.next();
    expect(message.slice(0, 5)).toStrictEqual([8, requestType, request, {}, uri]);
    if (message.length > 5) expect(message.slice(5)).toStrictEqual([[TEXT]]);
  }

  /** An ABORT with a text and `reason` must come next, and then nothing but the end of the connection. */
  async expectAbort(reason = "wamp.error.protocol_violation", code?: number): Promise<void> {
    await this.expect([3, { message: TEXT }, reason]);
    const end = await this.closed;
    expect(this.unread).toStrictEqual([]);
    if (code !== undefined) expect(end.code).toBe(code);
  }

  /** Nothing may have come until now. Asks the router something, so that what was under way arrives before its answer. */
  async expectNothing(): Promise<void> {
    const request = this.#probe++;
    await this.send([48, request, {}, "open.probe.nobody"]);
    await this.expectError(48, request, "wamp.error.no_such_procedure");
  }

  /** Messages that arrived and were not taken yet. */
  get unread(): readonly WireMessage[] {
    return this.#received;
  }

  /** HELLO and WELCOME with all roles; returns the session id. */
  async join(realm: string, details: object = { roles: ALL_ROLES }): Promise<number> {
    await this.send([1, realm, details]);
    const [, sessionId] = await this.expect([2, ID, expect.any(Object)]);
    return sessionId as number;
  }

  /** GOODBYE both ways; the socket stays open. */
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
