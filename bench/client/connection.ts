/**
 * A WAMP session on a raw TCP socket. A client library would cost more than the router that it measures: here sockets
 * share one read buffer, messages are templates, and of an incoming message only type and id are read.
 */

import { connect, type Socket } from "node:net";
import { MessageType } from "../../src/wamp/protocol/message.ts";
import { readClock } from "./clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { CLOSE, MASK, MOST_HEAD_BYTES, maskedFrame, PING, PONG, writeHead } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { head } from "./message-head.ts";
import { writeStamp } from "./stamp.ts";
import { type Stencil, Template } from "./template.ts";
import { noteFailure, traffic } from "./traffic.ts";
import { LENGTH_SIZE, RECORD_SEPARATOR } from "./wire-format.ts";
import { flushAtEndOfTurn } from "./write-queue.ts";

/** Takes a message; its bytes are valid until it returns. Returns whether it knows the type. */
export type MessageHandler = (type: number, id: number, bytes: Buffer, start: number, end: number) => boolean;

type Answer = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** All sockets read into this buffer: each read is taken in before the next. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const LEAST_BUFFER = 1024;
/** A batch of this many bytes is sent at once, so that it stays below the router's bound of a message. */
const MOST_BATCH = 256 * 1024;

/** One connection and its session. */
export class Connection {
  /** Takes the messages that a scenario waits for; the others are answers to `request` or errors. */
  onMessage: MessageHandler = () => false;
  /** Called once, when the connection has ended and `destroy` was not called. */
  onClose: () => void = () => {};
  isClosed = false;
  readonly #endpoint: Endpoint;
  readonly #isBatched: boolean;
  readonly #frames = new FrameReader((opcode, bytes, start, end) => this.#receiveFrame(opcode, bytes, start, end));
  #socket!: Socket;
  /** The received part of the answer to the upgrade; undefined once it is complete. */
  #upgrade: Buffer | undefined = Buffer.alloc(0);
  #joining: Answer | undefined;
  readonly #requests = new Map<number, Answer>();
  #lastId = 0;
  #out: Buffer | undefined;
  /** Where the queued bytes end in `#out`; those of a batch leave room for the head of their frame. */
  #outEnd: number;
  readonly #outStart: number;
  #isQueued = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#isBatched = endpoint.format.batching !== "none";
    this.#outStart = this.#isBatched ? MOST_HEAD_BYTES : 0;
    this.#outEnd = this.#outStart;
  }

  /** Connects and joins the realm; rejects with what the router said. */
  static open(endpoint: Endpoint): Promise<Connection> {
    return new Connection(endpoint).join();
  }

  /** Connects, says HELLO and resolves with WELCOME. */
  join(): Promise<this> {
    const { host, port, path, format } = this.#endpoint;
    return new Promise((resolve, reject) => {
      this.#joining = { resolve: () => resolve(this), reject };
      const onread = { buffer: READ_BUFFER, callback: (size: number) => this.#read(size) };
      const socket = connect({ host, port, noDelay: true, onread }, () => {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n` +
            `Sec-WebSocket-Protocol: ${format.subprotocol}\r\nOrigin: http://${host}:${port}\r\n\r\n`,
        );
      });
      this.#socket = socket;
      socket.on("error", (error) => this.#fail(error));
      socket.on("close", () => this.#fail(new Error("the router closed the connection")));
    });
  }

  /** Returns the next request id. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Sends `[type, id, ...rest]` and resolves with its answer; rejects with ERROR. */
  request(type: number, rest: readonly unknown[]): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error("the router closed the connection"));
    const id = this.nextId();
    const answered = new Promise<void>((resolve, reject) => this.#requests.set(id, { resolve, reject }));
    this.send(new Template(this.#endpoint.format, type, rest), id);
    return answered;
  }

  /** Queues a message with that id. */
  send(template: Template, id: number): void {
    const { format } = this.#endpoint;
    const size = format.idSize(id);
    const stencil = template.stencil(size, this.#phase());
    const out = this.#reserve(stencil.bytes.length);
    const at = this.#outEnd;
    stencil.bytes.copy(out, at);
    format.writeId(out, at + stencil.idAt, size, id, stencil.idPhase);
    this.#queue(out, at, stencil);
  }

  /** Queues a message with the id that `head` has found in `bytes`. */
  answer(template: Template, bytes: Buffer): void {
    const size = head.idEnd - head.idStart;
    const stencil = template.stencil(size, this.#phase());
    const out = this.#reserve(stencil.bytes.length);
    const at = this.#outEnd;
    stencil.bytes.copy(out, at);
    const { idAt, idPhase } = stencil;
    for (let index = 0; index < size; index++) {
      out[at + idAt + index] = bytes[head.idStart + index]! ^ MASK[(idPhase + index) & 3]!;
    }
    this.#queue(out, at, stencil);
  }

  /** Writes a frame behind what is queued. */
  write(frame: Buffer): void {
    this.flush();
    this.#socket.write(frame);
  }

  /** Writes a last frame and ends the sending side. */
  end(frame: Buffer): void {
    this.flush();
    this.#socket.end(frame);
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.isClosed = true;
    this.#socket.destroy();
  }

  /** Writes what is queued: one frame if the subprotocol is batched, otherwise one for each message. */
  flush(): void {
    this.#isQueued = false;
    const start = this.#outStart;
    const end = this.#outEnd;
    if (end === start || this.isClosed || this.#out === undefined) return;
    this.#outEnd = start;
    const from = this.#isBatched ? writeHead(this.#out, start, this.#endpoint.format.opcode, end - start) : start;
    this.#socket.write(this.#out.subarray(from, end));
    // The socket still holds the buffer.
    if (this.#socket.writableLength > 0) this.#out = undefined;
  }

  /** Where in the mask the next message starts. */
  #phase(): number {
    return this.#isBatched ? (this.#outEnd - this.#outStart) & 3 : 0;
  }

  #reserve(size: number): Buffer {
    const end = this.#outEnd + size;
    const out = this.#out;
    if (out !== undefined && end <= out.length) return out;
    const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_BUFFER, 2 * (out?.length ?? 0), end));
    out?.copy(larger, 0, 0, this.#outEnd);
    this.#out = larger;
    return larger;
  }

  #queue(out: Buffer, at: number, { bytes, stampAt, stampPhase }: Stencil): void {
    if (stampAt >= 0) writeStamp(out, at + stampAt, stampPhase);
    traffic.sent++;
    this.#outEnd += bytes.length;
    if (this.#isBatched && this.#outEnd > MOST_BATCH) this.flush();
    else if (!this.#isQueued) {
      this.#isQueued = true;
      flushAtEndOfTurn(this);
    }
  }

  #read(size: number): boolean {
    readClock();
    if (this.#upgrade === undefined) this.#frames.read(READ_BUFFER, 0, size);
    else this.#readUpgrade(Buffer.concat([this.#upgrade, READ_BUFFER.subarray(0, size)]));
    return true;
  }

  #readUpgrade(received: Buffer): void {
    this.#upgrade = received;
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return;
    this.#upgrade = undefined;
    const text = received.toString("latin1", 0, end);
    if (text.startsWith("HTTP/1.1 101")) {
      this.#socket.write(this.#endpoint.hello);
      this.#frames.read(received, end + 4, received.length);
    } else {
      this.#fail(new Error(`the router refused the WebSocket: ${text.split("\r\n", 1)[0]}`));
      this.#socket.destroy();
    }
  }

  #receiveFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === PING) return this.write(maskedFrame(PONG, bytes.subarray(start, end)));
    if (opcode === CLOSE) return this.#answerClose(bytes.subarray(start, Math.min(start + 2, end)));
    const { batching } = this.#endpoint.format;
    if (batching === "none") return this.#receive(bytes, start, end);
    for (let at = start; at < end; ) {
      if (batching === "binary") {
        const next = at + LENGTH_SIZE + bytes.readUInt32BE(at);
        this.#receive(bytes, at + LENGTH_SIZE, next);
        at = next;
      } else {
        const next = bytes.indexOf(RECORD_SEPARATOR, at);
        this.#receive(bytes, at, next);
        at = next + 1;
      }
    }
  }

  #answerClose(code: Buffer): void {
    if (!this.#socket.writableEnded) this.end(maskedFrame(CLOSE, code));
  }

  #receive(bytes: Buffer, start: number, end: number): void {
    traffic.received++;
    this.#endpoint.format.readHead(bytes, start, end);
    if (!this.onMessage(head.type, head.id, bytes, start, end)) this.#receiveAnswer(bytes, start, end);
  }

  #receiveAnswer(bytes: Buffer, start: number, end: number): void {
    const { type, id } = head;
    if (type === MessageType.WELCOME) {
      this.#joining?.resolve();
      this.#joining = undefined;
    } else if (type === MessageType.ABORT) {
      this.#fail(new Error(`the router answers ABORT ${bytes.toString("latin1", start, end)}`));
    } else if (type === MessageType.PUBLISHED || type === MessageType.SUBSCRIBED || type === MessageType.REGISTERED) {
      this.#requests.get(id)?.resolve();
      this.#requests.delete(id);
    } else if (type === MessageType.ERROR) {
      this.#receiveError(bytes.toString("latin1", start, end));
    } else if (type !== MessageType.GOODBYE) noteFailure(`unexpected message of type ${type}`);
  }

  /** The first id of ERROR is the type of its request. Requests are answered in order, so the oldest one is meant. */
  #receiveError(text: string): void {
    const [oldest] = this.#requests;
    if (oldest === undefined) return noteFailure(`ERROR ${text}`);
    this.#requests.delete(oldest[0]);
    oldest[1].reject(new Error(`the router answers ERROR ${text}`));
  }

  #fail(error: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#joining?.reject(error);
    for (const { reject } of this.#requests.values()) reject(error);
    this.#requests.clear();
    this.onClose();
  }
}
