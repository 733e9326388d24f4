/** One WebSocket of a realm: decodes frames, queues outgoing frames, and counts what the client has not read. */

import type { Limits } from "../../wamp/config/limits.ts";
import { isLongerThan } from "../../wamp/crypto/encoding.ts";
import type { SendFault, Traffic, Transport } from "../../wamp/host/transport.ts";
import type { Monitor } from "../../wamp/monitoring/monitor.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { RouterMessage } from "../../wamp/protocol/message.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { Batching, Terminator } from "../../wamp/serializers/batched.ts";
import type { Frame } from "../../wamp/serializers/serializer.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import type { Peer } from "../../wamp/session/peer.ts";
import { closeSocket } from "../platform/close-socket.ts";
import type { Sender } from "./flush-scheduler.ts";
import type { FrameEncoder } from "./frame-encoder.ts";
import { ReadMarks } from "./read-marks.ts";
import type { Reader, Unread, UnreadBudget } from "./unread-budget.ts";

/** What all connections of one object share. */
export interface ConnectionContext {
  readonly limits: Limits;
  /** The name of the relay within its realm; undefined for other objects. */
  readonly relay: string | undefined;
  readonly encoder: FrameEncoder;
  readonly budget: UnreadBudget;
  readonly monitor: Monitor;
  /** The connection has queued its first frame. */
  queued(connection: Connection): void;
  /** Flushes all connections before the end of the turn, because the queued frames take too much memory. */
  flush(): void;
  /** The record of the connection has changed. */
  changed(connection: Connection): void;
  /** The client of the connection does not read; its session ends with the turn. */
  overflowed(connection: Connection): void;
}

/** The transport of one client. */
export class Connection implements Transport, Sender, Reader {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  /** The character that ends the client's JSON batches; the router uses the same one. */
  terminator: Terminator | undefined;
  /** The key of its record in storage, if the record is too large for the attachment of the socket. */
  storageKey: string | undefined;
  /** The peer of the client; set by the code that opens the connection. */
  peer: Peer | undefined;
  readonly unread: Unread;
  messagesSent = 0;
  /** Frames of the client, and their bytes; text counts one byte a code unit. */
  framesReceived = 0;
  bytesReceived = 0;
  readonly #context: ConnectionContext;
  readonly #marks: ReadMarks;
  #queue: Frame[] = [];
  #isOpen = true;

  constructor(socket: WebSocket, subprotocol: Subprotocol, context: ConnectionContext) {
    this.socket = socket;
    this.subprotocol = subprotocol;
    this.#context = context;
    this.#marks = new ReadMarks(context.limits.outgoing_bytes / MARKS_PER_LIMIT);
    this.unread = context.budget.open(this);
  }

  get traffic(): Traffic {
    return this;
  }

  /** Frames that the platform does not have yet, oldest first. */
  get queue(): readonly Frame[] {
    return this.#queue;
  }

  /** The transport details of the session meta API, named as in Crossbar.io; without the address of the client. */
  get details(): Dict {
    const { relay } = this.#context;
    return { websocket_protocol: this.subprotocol.name, ...(relay !== undefined && { relay }) };
  }

  /** Do frames wait because the client has not read earlier ones, or is one turn too much for it? */
  get isBehind(): boolean {
    return this.unread.isWaiting || this.unread.queued > MOST_BYTES_PER_TURN;
  }

  /** Passes one WebSocket message of the client to the realm. */
  receive(realm: Realm, peer: Peer, data: string | ArrayBuffer): void {
    const { serializer, batching } = this.subprotocol;
    this.framesReceived++;
    this.bytesReceived += typeof data === "string" ? data.length : data.byteLength;
    if (isLarger(data, this.#context.limits.message_bytes)) {
      return realm.abortTooLarge(peer, this.#peek(data));
    }
    if ((typeof data !== "string") !== serializer.isBinary) {
      const expected = serializer.isBinary ? "binary" : "text";
      const fault = `${this.subprotocol.name} takes ${expected} messages`;
      return realm.sessions.abort(peer, WampUri.PROTOCOL_VIOLATION, fault, CloseCode.WRONG_FRAME_TYPE);
    }
    const frame = typeof data === "string" ? data : new Uint8Array(data);
    if (batching !== undefined) this.#receiveBatch(realm, peer, batching, frame);
    else this.#receiveFrame(realm, peer, frame);
  }

  /** Queues a message. */
  send(message: RouterMessage): SendFault | undefined {
    if (!this.#isOpen) return "closed";
    const { budget, encoder, limits, monitor } = this.#context;
    const frame = encoder.encode(message, this.subprotocol.serializer);
    if (isLarger(frame, limits.sent_message_bytes)) return "too large";
    if (!budget.add(this, frame)) {
      this.giveUp();
      return "closed";
    }
    monitor.counters.countSent(message);
    this.messagesSent++;
    if (this.unread.sent >= this.#marks.nextAt) this.#marks.note(message, this.unread.sent);
    if (this.#queue.push(frame) === 1) this.#context.queued(this);
    if (encoder.bytes > MOST_BYTES_QUEUED) {
      encoder.bytes = 0;
      this.#context.flush();
    }
    // After the frame is queued, because the result of a tap may go to the same client.
    if (monitor.taps.isRunning) this.#showSent(message, frame);
    return undefined;
  }

  /** Hands queued frames over to the platform, as many as the budget admits; returns their number. */
  flush(): number {
    if (this.#queue.length === 0) return 0;
    const count = this.#context.budget.admit(this);
    if (count === 0) return 0;
    const frames = this.#queue;
    this.#queue = count === frames.length ? [] : frames.splice(count);
    const { batching } = this.subprotocol;
    try {
      if (batching !== undefined) this.socket.send(batching.join(frames, this.terminator));
      else for (const frame of frames) this.socket.send(frame);
    } catch {
      // The socket has failed meanwhile; its close event ends the session.
    }
    return count;
  }

  /** Closes the socket after the queued frames. Frames that the budget does not admit are dropped. */
  close(code: number, reason: string): void {
    this.flush();
    this.#stopSending();
    closeSocket(this.socket, code, reason);
  }

  /** Drops the queued frames of a client that does not read, and has its session ended. */
  giveUp(): void {
    this.#stopSending();
    this.#context.overflowed(this);
  }

  /** The socket has closed. */
  ended(): void {
    this.#stopSending();
    this.#context.budget.leave(this);
  }

  /** Has the record saved before the object sleeps. */
  save(): void {
    this.#context.changed(this);
  }

  /** The first integers of a message that is too large to decode; none for a batch. */
  #peek(data: string | ArrayBuffer): readonly number[] {
    const { serializer, batching } = this.subprotocol;
    if (batching !== undefined) return [];
    return serializer.peek(typeof data === "string" ? data : new Uint8Array(data));
  }

  /** A method of its own, because a closure in `send` would cost each message an object. */
  #showSent(message: RouterMessage, frame: Frame): void {
    const { encoder, monitor } = this.#context;
    encoder.preserve(() => monitor.taps.sent(this.peer, message, frame, this.subprotocol.serializer.name));
  }

  #receiveFrame(realm: Realm, peer: Peer, frame: Frame): void {
    const elements = this.subprotocol.serializer.decode(frame, this.#context.limits);
    if (elements instanceof DecodeFault) realm.sessions.abort(peer, WampUri.PROTOCOL_VIOLATION, elements.reason);
    else {
      const read = this.#marks.provedBy(elements);
      if (read !== undefined) this.#context.budget.prove(this, read);
      const { taps } = this.#context.monitor;
      if (taps.isRunning) taps.received(peer, elements, frame, this.subprotocol.serializer.name);
      realm.receive(peer, elements);
    }
  }

  #receiveBatch(realm: Realm, peer: Peer, batching: Batching, frame: Frame): void {
    const batch = batching.split(frame);
    if (batch instanceof DecodeFault) return realm.sessions.abort(peer, WampUri.PROTOCOL_VIOLATION, batch.reason);
    if (this.terminator === undefined && batch.terminator !== undefined) {
      this.terminator = batch.terminator;
      this.save();
    }
    for (const message of batch.frames) this.#receiveFrame(realm, peer, message);
  }

  #stopSending(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#context.budget.drop(this);
    this.#queue = [];
  }
}

/** Marks per `outgoing_bytes`: enough for a fine count of unread bytes, few enough to cost no time per message. */
const MARKS_PER_LIMIT = 256;

/** Queued bytes of one connection from which on messages that may be dropped are dropped. */
const MOST_BYTES_PER_TURN = 262_144;

/**
 * Encoded bytes after which queued frames are flushed before the end of the turn; a message counts once per serializer.
 */
const MOST_BYTES_QUEUED = 4_194_304;

/** Whether a message is longer than `limit` bytes. Text counts in UTF-8. */
function isLarger(data: Frame | ArrayBuffer, limit: number): boolean {
  return typeof data === "string" ? isLongerThan(data, limit) : data.byteLength > limit;
}
