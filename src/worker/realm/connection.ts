/** One WebSocket of a realm: frames ↔ messages, the queue of what goes out, and the account of what is unread. */

import type { Limits } from "../../wamp/config/limits.ts";
import type { SendFault, Transport } from "../../wamp/host/transport.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { RouterMessage } from "../../wamp/protocol/message.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { Batching, Terminator } from "../../wamp/serializers/batched.ts";
import type { Subprotocol } from "../../wamp/serializers/index.ts";
import type { Frame } from "../../wamp/serializers/serializer.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import type { Peer } from "../../wamp/session/peer.ts";
import { closeSocket } from "../platform/close-socket.ts";
import type { Sender } from "./flush-scheduler.ts";
import type { FrameEncoder } from "./frame-encoder.ts";
import { ReadMarks } from "./read-marks.ts";
import type { Reader, Unread, UnreadBudget } from "./unread-budget.ts";

/** What the connections of one object share. */
export interface ConnectionContext {
  readonly limits: Limits;
  readonly encoder: FrameEncoder;
  readonly budget: UnreadBudget;
  /** The connection has its first frame queued. */
  queued(connection: Connection): void;
  /** So much is queued that it must not wait for the end of the turn. */
  flush(): void;
  /** The connection's record has changed. */
  changed(connection: Connection): void;
  /** The connection's client does not read; it is to be ended when the turn is over. */
  overflowed(connection: Connection): void;
}

export class Connection implements Transport, Sender, Reader {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  /** How the client ends its JSON batches; the router answers alike (D-05). */
  terminator: Terminator | undefined;
  /** Under which its record was put in storage because it outgrew the socket's attachment. */
  storageKey: string | undefined;
  readonly unread: Unread;
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

  /** Frames that are not handed over to the platform yet, oldest first. */
  get queue(): readonly Frame[] {
    return this.#queue;
  }

  /** In Crossbar.io's words, and nothing that is nobody's business, such as the client's address. */
  get details(): Dict {
    return { websocket_protocol: this.subprotocol.name };
  }

  /** Takes one WebSocket message of the client into the realm. */
  receive(realm: Realm, peer: Peer, data: string | ArrayBuffer): void {
    const { serializer, batching } = this.subprotocol;
    if (isLarger(data, this.#context.limits.message_bytes)) {
      return realm.abortTooLarge(peer, this.#front(data));
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

  send(message: RouterMessage): SendFault | undefined {
    if (!this.#isOpen) return "closed";
    const { budget, encoder, limits } = this.#context;
    const frame = encoder.encode(message, this.subprotocol.serializer);
    if (isLarger(frame, limits.sent_message_bytes)) return "too large";
    if (!budget.add(this, frame)) {
      this.giveUp();
      return "closed";
    }
    if (this.unread.sent >= this.#marks.nextAt) this.#marks.note(message, this.unread.sent);
    if (this.#queue.push(frame) === 1) this.#context.queued(this);
    if (encoder.bytes > MOST_BYTES_QUEUED) {
      encoder.bytes = 0;
      this.#context.flush();
    }
    return undefined;
  }

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
      // The socket died meanwhile; its close event ends the session.
    }
    return count;
  }

  /** Of a client that has not read what it was sent before, what still waits is dropped. */
  close(code: number, reason: string): void {
    this.flush();
    this.#shut();
    closeSocket(this.socket, code, reason);
  }

  giveUp(): void {
    this.#shut();
    this.#context.overflowed(this);
  }

  /** The socket is gone. */
  ended(): void {
    this.#shut();
    this.#context.budget.leave(this);
  }

  save(): void {
    this.#context.changed(this);
  }

  /** What the front of a message that is too large tells of it; that of a batch tells nothing. */
  #front(data: string | ArrayBuffer): readonly number[] {
    const { serializer, batching } = this.subprotocol;
    if (batching !== undefined) return [];
    return serializer.peek(typeof data === "string" ? data : new Uint8Array(data));
  }

  #receiveFrame(realm: Realm, peer: Peer, frame: Frame): void {
    const elements = this.subprotocol.serializer.decode(frame, this.#context.limits);
    if (elements instanceof DecodeFault) realm.sessions.abort(peer, WampUri.PROTOCOL_VIOLATION, elements.reason);
    else {
      const read = this.#marks.provedBy(elements);
      if (read !== undefined) this.#context.budget.prove(this, read);
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

  #shut(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#context.budget.drop(this);
    this.#queue = [];
  }
}

/** Marks in as many bytes as may be unread: fine enough for the account, few enough not to be looked for all the time. */
const MARKS_PER_LIMIT = 256;

/** Bytes encoded, a message once per serializer, until what is queued goes out or waits whether or not its turn is over. */
const MOST_BYTES_QUEUED = 4_194_304;

const utf8 = new TextEncoder();

/** Is the message longer than `limit` bytes? Text is counted in UTF-8, at most three bytes a code unit. */
function isLarger(data: Frame | ArrayBuffer, limit: number): boolean {
  if (typeof data !== "string") return data.byteLength > limit;
  return data.length > limit || (data.length * 3 > limit && utf8.encode(data).length > limit);
}
