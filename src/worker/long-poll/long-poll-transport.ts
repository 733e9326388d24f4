/**
 * A long-poll transport over a WebSocket to the realm: queues frames of the realm for polls (HTTP Long-Poll Transport).
 */

import type { Limits } from "../../wamp/config/limits.ts";
import type { Frame, Serializer } from "../../wamp/serializers/serializer.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import type { LongPollConfig } from "../config/long-poll-config.ts";
import { closeSocket } from "../platform/close-socket.ts";
import { webError } from "../platform/http-responses.ts";
import { readBodyWithin } from "../platform/read-body.ts";

const CONTENT_TYPES: Readonly<Record<Serializer["name"], string>> = {
  json: "application/json",
  msgpack: "application/x-msgpack",
  cbor: "application/cbor",
};

/** The transport. It ends when the client or the realm closes it, or after `session_timeout` without a request. */
export class LongPollTransport {
  readonly #socket: WebSocket;
  readonly #subprotocol: Subprotocol;
  readonly #options: LongPollConfig;
  readonly #limits: Limits;
  /** Frames of the realm, oldest first: messages, or batches in a batched subprotocol. */
  #queue: Frame[] = [];
  #queuedBytes = 0;
  /** Answers the pending poll. */
  #answer: (() => void) | undefined;
  #isOpen = true;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #lastSend: Promise<unknown> = Promise.resolve();

  /** Takes over an open WebSocket to the realm. */
  constructor(socket: WebSocket, subprotocol: Subprotocol, options: LongPollConfig, limits: Limits) {
    this.#socket = socket;
    this.#subprotocol = subprotocol;
    this.#options = options;
    this.#limits = limits;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#enqueue(data as string | ArrayBuffer));
    socket.addEventListener("close", () => this.#closed());
    socket.accept();
    this.#restartTimeout();
  }

  /** Whether the transport has ended and the client has received all frames. */
  get isOver(): boolean {
    return !this.#isOpen && this.#queue.length === 0;
  }

  /**
   * Answers with one message, or with all queued ones as a batch; waits up to `request_timeout`, then answers without a
   * body (LP-05, LP-06).
   */
  receive(): Response | Promise<Response> {
    // With two pending polls the client could not tell the order of messages.
    if (this.#answer !== undefined) return webError(400, "a receive is waiting already");
    this.#restartTimeout();
    if (this.#queue.length > 0) return this.#take();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer?.(), this.#options.request_timeout * 1000);
      this.#answer = () => {
        clearTimeout(timer);
        this.#answer = undefined;
        this.#restartTimeout();
        resolve(this.#take());
      };
    });
  }

  /** Forwards a message or a batch to the realm, in order of arrival: clients do not wait for the response. */
  send(request: Request): Promise<Response> {
    this.#restartTimeout();
    const sent = this.#lastSend.then(() => this.#forward(request));
    this.#lastSend = sent.catch(() => undefined);
    return sent;
  }

  /** Ends the transport and its session; queued messages are lost (LP-08). */
  close(): void {
    this.#queue = [];
    this.#closed();
  }

  async #forward(request: Request): Promise<Response> {
    const body = await readBodyWithin(request, this.#limits.message_bytes);
    if (body === undefined) return webError(413, "the message is too large");
    const frame = this.#frameOf(body);
    const fault = frame instanceof DecodeFault ? frame : this.#faultIn(frame);
    if (fault !== undefined) return webError(400, fault.reason);
    if (!this.#isOpen) return webError(404, "no such transport");
    this.#socket.send(frame as Frame);
    return new Response(null, { status: 204 });
  }

  #frameOf(body: Uint8Array): Frame | DecodeFault {
    if (this.#subprotocol.serializer.isBinary) return body;
    try {
      return utf8.decode(body);
    } catch {
      return new DecodeFault("the message is not UTF-8");
    }
  }

  /** Checks a frame, so that the client gets 400 with the reason; the realm would end the session (LP-07). */
  #faultIn(frame: Frame): DecodeFault | undefined {
    const { serializer, batching } = this.#subprotocol;
    const batch = batching?.split(frame);
    if (batch instanceof DecodeFault) return batch;
    for (const message of batch?.frames ?? [frame]) {
      const elements = serializer.decode(message, this.#limits);
      if (elements instanceof DecodeFault) return elements;
    }
    return undefined;
  }

  #enqueue(data: string | ArrayBuffer): void {
    if (!this.#isOpen) return;
    const { queue_limit_messages, queue_limit_bytes } = this.#options;
    // Checked before the message is added: a single message may be larger than the limit.
    const isFull = this.#queue.length >= queue_limit_messages || this.#queuedBytes >= queue_limit_bytes;
    if (isFull) return this.close();
    const frame = typeof data === "string" ? data : new Uint8Array(data);
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#answer?.();
  }

  #take(): Response {
    const isBatched = this.#subprotocol.batching !== undefined;
    const frames = this.#queue.splice(0, isBatched ? this.#queue.length : 1);
    for (const { length } of frames) this.#queuedBytes -= length;
    // Concatenated batches are a batch.
    const body = frames.length > 0 ? new Blob(frames) : null;
    return new Response(body, { headers: { "Content-Type": CONTENT_TYPES[this.#subprotocol.serializer.name] } });
  }

  #closed(): void {
    this.#isOpen = false;
    closeSocket(this.#socket, CLOSED_BY_CLIENT, "");
    this.#answer?.();
    if (this.isOver) clearTimeout(this.#idle);
  }

  /** Restarts `session_timeout`, which runs from now or from the end of the pending poll. */
  #restartTimeout(): void {
    clearTimeout(this.#idle);
    if (this.isOver) return;
    const expire = () => (this.#answer === undefined ? this.close() : this.#restartTimeout());
    this.#idle = setTimeout(expire, this.#options.session_timeout * 1000);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const CLOSED_BY_CLIENT = 1000;
