/** One WebSocket of a realm: frames ↔ messages, the queue of what goes out, and the account of what is unread. */

import { CloseCode } from "../wamp/close-code.ts";
import type { Limits } from "../wamp/config/limits.ts";
import { WampUri } from "../wamp/errors.ts";
import type { SendFault, Transport } from "../wamp/host.ts";
import type { Dict, RouterMessage } from "../wamp/message.ts";
import type { Peer } from "../wamp/peer.ts";
import type { Realm } from "../wamp/realm.ts";
import type { Batching, Terminator } from "../wamp/serializers/batched.ts";
import type { Subprotocol } from "../wamp/serializers/index.ts";
import type { Frame } from "../wamp/serializers/serializer.ts";
import { DecodeFault } from "../wamp/serializers/serializer.ts";
import type { FrameEncoder } from "./frame-encoder.ts";
import type { Sender } from "./outbox.ts";

/** What the connections of one object share. */
export interface Switchboard {
  readonly limits: Limits;
  readonly encoder: FrameEncoder;
  /** The connection has its first frame queued. */
  queued(connection: Connection): void;
  /** The connection's record has changed. */
  changed(connection: Connection): void;
  /** The connection's client does not read; it is to be ended when the turn is over. */
  overflowed(connection: Connection): void;
}

export class Connection implements Transport, Sender {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  /** How the client ends its JSON batches; the router answers alike (D-05). */
  terminator: Terminator | undefined;
  /** Under which its record was put in storage because it outgrew the socket's attachment. */
  storageKey: string | undefined;
  readonly #switchboard: Switchboard;
  #queue: Frame[] = [];
  #isOpen = true;
  #unreadBytes = 0;
  #unreadSince = 0;

  constructor(socket: WebSocket, subprotocol: Subprotocol, switchboard: Switchboard) {
    this.socket = socket;
    this.subprotocol = subprotocol;
    this.#switchboard = switchboard;
  }

  /** In Crossbar.io's words, and nothing that is nobody's business, such as the client's address. */
  get details(): Dict {
    return { websocket_protocol: this.subprotocol.name };
  }

  /** Takes one WebSocket message of the client into the realm. */
  receive(realm: Realm, peer: Peer, data: string | ArrayBuffer): void {
    this.#unreadBytes = 0;
    const { serializer, batching } = this.subprotocol;
    if (isLarger(data, this.#switchboard.limits.message_bytes)) {
      return realm.abort(peer, WampUri.PAYLOAD_SIZE_EXCEEDED, "the message is too large", CloseCode.TOO_BIG);
    }
    if ((typeof data !== "string") !== serializer.isBinary) {
      const expected = serializer.isBinary ? "binary" : "text";
      const fault = `${this.subprotocol.name} takes ${expected} messages`;
      return realm.abort(peer, WampUri.PROTOCOL_VIOLATION, fault, CloseCode.WRONG_FRAME_TYPE);
    }
    const frame = typeof data === "string" ? data : new Uint8Array(data);
    if (batching !== undefined) this.#receiveBatch(realm, peer, batching, frame);
    else this.#receiveFrame(realm, peer, frame);
  }

  send(message: RouterMessage): SendFault | undefined {
    if (!this.#isOpen) return "closed";
    const { encoder, limits } = this.#switchboard;
    const frame = encoder.encode(message, this.subprotocol.serializer);
    if (isLarger(frame, limits.sent_message_bytes)) return "too large";
    if (!this.#isRead(frame.length)) {
      this.#isOpen = false;
      this.#switchboard.overflowed(this);
      return "closed";
    }
    if (this.#queue.push(frame) === 1) this.#switchboard.queued(this);
    return undefined;
  }

  flush(): number {
    const queue = this.#queue;
    if (queue.length === 0) return 0;
    this.#queue = [];
    const { batching } = this.subprotocol;
    try {
      if (batching !== undefined) this.socket.send(batching.join(queue, this.terminator));
      else for (const frame of queue) this.socket.send(frame);
    } catch {
      // The socket died meanwhile; its close event ends the session.
    }
    return queue.length;
  }

  close(code: number, reason: string): void {
    this.flush();
    this.#isOpen = false;
    closeSocket(this.socket, code, reason);
  }

  save(): void {
    this.#switchboard.changed(this);
  }

  #receiveFrame(realm: Realm, peer: Peer, frame: Frame): void {
    const elements = this.subprotocol.serializer.decode(frame, this.#switchboard.limits);
    if (elements instanceof DecodeFault) realm.abort(peer, WampUri.PROTOCOL_VIOLATION, elements.reason);
    else realm.receive(peer, elements);
  }

  #receiveBatch(realm: Realm, peer: Peer, batching: Batching, frame: Frame): void {
    const batch = batching.split(frame);
    if (batch instanceof DecodeFault) return realm.abort(peer, WampUri.PROTOCOL_VIOLATION, batch.reason);
    if (this.terminator === undefined && batch.terminator !== undefined) {
      this.terminator = batch.terminator;
      this.save();
    }
    for (const message of batch.frames) this.#receiveFrame(realm, peer, message);
  }

  /**
   * Whether the client can be taken to read what it is sent. The platform shows no back-pressure, so bytes sent count
   * as unread until the client is heard of, less what any working client reads in the time since.
   */
  #isRead(bytes: number): boolean {
    if (this.#unreadBytes === 0) this.#unreadSince = Date.now();
    this.#unreadBytes += bytes;
    const { outgoing_bytes } = this.#switchboard.limits;
    if (this.#unreadBytes <= outgoing_bytes) return true;
    const now = Date.now();
    const presumedRead = ((now - this.#unreadSince) / DRAIN_MS) * outgoing_bytes;
    this.#unreadBytes = Math.max(0, this.#unreadBytes - presumedRead);
    this.#unreadSince = now;
    return this.#unreadBytes <= outgoing_bytes;
  }
}

/** Closes a socket whatever state it is in. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason.slice(0, MAX_CLOSE_REASON));
  } catch {
    // Already closed.
  }
}

/** Milliseconds in which any working client reads the whole of `outgoing_bytes`; by default that is 4 MiB a second. */
const DRAIN_MS = 8000;

/** Bytes; RFC 6455 section 5.5.1. Our reasons are ASCII. */
const MAX_CLOSE_REASON = 123;

const utf8 = new TextEncoder();

/** Is the message longer than `limit` bytes? Text is counted in UTF-8, at most three bytes a code unit. */
function isLarger(data: Frame | ArrayBuffer, limit: number): boolean {
  if (typeof data !== "string") return data.byteLength > limit;
  return data.length > limit || (data.length * 3 > limit && utf8.encode(data).length > limit);
}
