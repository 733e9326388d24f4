/**
 * The Worker of the relays. `/{path}/{realm}` opens a socket to the object of that relay and realm; `relay-names.ts` has
 * the paths.
 */

import { joinBatch, splitBatch } from "./batches.ts";
import { receiveBinary } from "./binary-messages.ts";
import { ParsingRelay } from "./parsing-relay.ts";
import { type Receiver, Relay, type Table } from "./relay.ts";
import { RELAYS } from "./relay-names.ts";

/** What survives the sleep of the object: topics and procedures of a socket, and the path that it came by. */
interface Attachment {
  readonly path: string;
  readonly topics: string[];
  readonly procedures: string[];
}

/** The path of sockets without an attachment. */
const DEFAULT_PATH = RELAYS.relay.path;

export default {
  fetch(request: Request, env: { readonly RELAY: DurableObjectNamespace }): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.headers.get("Upgrade") !== "websocket") return new Response("relay\n");
    return env.RELAY.get(env.RELAY.idFromName(pathname)).fetch(request);
  },
};

/** The object of a relay. */
export class RelayObject {
  readonly #state: DurableObjectState;
  #relay: Relay | undefined;
  readonly #peers = new WeakMap<WebSocket, Peer>();
  readonly #outbox = new Outbox();

  constructor(state: DurableObjectState) {
    this.#state = state;
  }

  fetch(request: Request): Response {
    const [, path = ""] = new URL(request.url).pathname.split("/");
    const { 0: client, 1: server } = new WebSocketPair();
    if (path === "plain") this.#acceptPlain(server);
    else {
      // The relay that others are measured by writes nothing that its sockets do not need.
      if (path !== DEFAULT_PATH) server.serializeAttachment({ path, topics: [], procedures: [] } satisfies Attachment);
      this.#state.acceptWebSocket(server);
    }
    const subprotocol = request.headers.get("Sec-WebSocket-Protocol");
    const headers: HeadersInit = subprotocol === null ? {} : { "Sec-WebSocket-Protocol": subprotocol };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#relay ??= this.#wake();
    const relay = this.#relay;
    const peer = this.#peers.get(socket) ?? this.#adopt(relay, socket);
    if (!peer.isBatched) return receive(relay, peer, message);
    for (const part of splitBatch(message)) receive(relay, peer, part);
  }

  webSocketClose(socket: WebSocket): void {
    this.webSocketError(socket);
    socket.close(1000);
  }

  webSocketError(socket: WebSocket): void {
    const peer = this.#peers.get(socket);
    if (peer !== undefined) this.#relay?.leave(peer);
  }

  #acceptPlain(server: WebSocket): void {
    this.#relay ??= new Relay();
    const relay = this.#relay;
    server.accept();
    server.binaryType = "arraybuffer";
    server.addEventListener("message", ({ data }) => receive(relay, server, data));
    server.addEventListener("close", () => {
      relay.leave(server);
      server.close(1000);
    });
  }

  /** Builds the tables from the attachments of the sockets. */
  #wake(): Relay {
    const sockets = this.#state.getWebSockets();
    const relay = sockets.some((socket) => attachmentOf(socket).path === "parse") ? new ParsingRelay() : new Relay();
    for (const socket of sockets) this.#adopt(relay, socket);
    return relay;
  }

  #adopt(relay: Relay, socket: WebSocket): Peer {
    const attachment = attachmentOf(socket);
    const peer = new Peer(socket, attachment, this.#outbox);
    this.#peers.set(socket, peer);
    for (const topic of attachment.topics) relay.restore("topics", topic, peer);
    for (const procedure of attachment.procedures) relay.restore("procedures", procedure, peer);
    return peer;
  }
}

/** A hibernatable socket. */
class Peer implements Receiver {
  readonly isBatched: boolean;
  readonly #socket: WebSocket;
  readonly #attachment: Attachment;
  /** Undefined where messages go out at once. */
  readonly #outbox: Outbox | undefined;

  constructor(socket: WebSocket, attachment: Attachment, outbox: Outbox) {
    this.#socket = socket;
    this.#attachment = attachment;
    this.isBatched = attachment.path === "batch";
    this.#outbox = this.isBatched || attachment.path === "defer" ? outbox : undefined;
  }

  send(message: string | Uint8Array): void {
    if (this.#outbox === undefined) this.#socket.send(message);
    else this.#outbox.add(this.#socket, message, this.isBatched);
  }

  remember(table: Table, uri: string): void {
    this.#attachment[table].push(uri);
    this.#socket.serializeAttachment(this.#attachment);
  }
}

/** Sends what came up in the meantime in a later turn: one timer for all. */
class Outbox {
  #queue: [WebSocket, string | Uint8Array][] = [];
  /** The messages of each socket that takes batches. */
  #batches = new Map<WebSocket, (string | Uint8Array)[]>();

  add(socket: WebSocket, message: string | Uint8Array, isBatched: boolean): void {
    if (this.#queue.length === 0 && this.#batches.size === 0) setTimeout(() => this.#flush(), 0);
    const batch = this.#batches.get(socket);
    if (!isBatched) this.#queue.push([socket, message]);
    else if (batch === undefined) this.#batches.set(socket, [message]);
    else batch.push(message);
  }

  #flush(): void {
    const queue = this.#queue;
    const batches = this.#batches;
    this.#queue = [];
    this.#batches = new Map();
    for (const [socket, message] of queue) trySend(socket, message);
    for (const [socket, messages] of batches) trySend(socket, joinBatch(messages));
  }
}

function trySend(socket: WebSocket, message: string | Uint8Array): void {
  try {
    socket.send(message);
  } catch {
    // It has closed since the message was queued.
  }
}

function receive(relay: Relay, from: Receiver, message: string | ArrayBuffer | Uint8Array): void {
  if (typeof message === "string") relay.receive(from, message);
  else receiveBinary(relay, from, message instanceof ArrayBuffer ? new Uint8Array(message) : message);
}

function attachmentOf(socket: WebSocket): Attachment {
  return (socket.deserializeAttachment() as Attachment | null) ?? { path: DEFAULT_PATH, topics: [], procedures: [] };
}
