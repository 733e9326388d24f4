/** Converts one subscription to server-sent events. */

import { utf8 } from "../../wamp/crypto/encoding.ts";
import { isId } from "../../wamp/protocol/id.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import type { Payload } from "../../wamp/protocol/payload.ts";
import type { Dict, Id, List } from "../../wamp/protocol/values.ts";
import { json } from "../../wamp/serializers/json.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import { closeSocket } from "../platform/close-socket.ts";

/** Parameters of one stream. */
export interface Watch {
  readonly topic: string;
  readonly match: string;
  /** The last publication that the client has received; later ones in the event history are sent first. */
  readonly after: Id | undefined;
  /** Seconds between comments that keep the connection open. */
  readonly heartbeat: number;
}

/** A publication, live or from the event history. */
interface StreamEvent {
  readonly publication: Id;
  readonly details: Dict;
  readonly args?: unknown;
  readonly kwargs?: unknown;
}

const SUBSCRIBE_REQUEST = 1;
const HISTORY_REQUEST = 2;
/**
 * Bytes that may wait for a slow client. Beyond that the stream ends; the client reconnects with the id of its last
 * event.
 */
const MAX_UNREAD = 1_048_576;
/** Deeper than any message that a realm accepts. */
const LIMITS = { depth: 1_001 };

/** A session of the realm that subscribes to one topic, and the stream of its events. */
export class Watcher {
  /** Resolves to the error's URI if the realm refuses, to undefined once the subscription exists. */
  readonly refusal: Promise<string | undefined>;
  readonly stream: ReadableStream<Uint8Array>;
  readonly #socket: WebSocket;
  readonly #watch: Watch;
  #decide: (refusal: string | undefined) => void = () => {};
  #out: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #subscription: Id | undefined;
  /** Events that arrive while the history is read, oldest first. */
  #pending: StreamEvent[] | undefined;
  /** The last publication sent. */
  #last: Id | undefined;

  /** Takes over a WebSocket on which a session has been opened. */
  constructor(socket: WebSocket, watch: Watch) {
    this.#socket = socket;
    this.#watch = watch;
    this.#last = watch.after;
    this.refusal = new Promise((resolve) => {
      this.#decide = resolve;
    });
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#out = controller;
    };
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD });
    this.stream = new ReadableStream({ start, cancel: () => this.#end() }, strategy);
    socket.addEventListener("message", ({ data }) => this.#receive(data as string));
    socket.addEventListener("close", () => this.#end());
    socket.accept();
    this.#send([MessageType.SUBSCRIBE, SUBSCRIBE_REQUEST, { match: watch.match }, watch.topic]);
  }

  #receive(frame: string): void {
    const message = json.decode(frame, LIMITS);
    if (message instanceof DecodeFault) return this.#end();
    switch (message[0]) {
      case MessageType.SUBSCRIBED:
        return this.#subscribed(message[2] as Id);
      case MessageType.EVENT:
        return this.#event(message as [number, Id, Id, Dict, Payload]);
      case MessageType.RESULT:
        return this.#onHistory((message[3] as Payload).args as readonly StreamEvent[], (message[3] as Payload).kwargs);
      case MessageType.ERROR:
        return message[2] === SUBSCRIBE_REQUEST ? this.#refuse(message[4] as string) : this.#sendGap();
      case MessageType.ABORT:
      case MessageType.GOODBYE:
        return this.#refuse(message[2] as string);
    }
  }

  #subscribed(subscription: Id): void {
    this.#subscription = subscription;
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeat = setInterval(() => this.#write(":\n\n"), this.#watch.heartbeat * 1000);
    this.#decide(undefined);
    if (this.#last === undefined) return;
    this.#pending = [];
    this.#requestHistory(this.#last);
  }

  #event([, , publication, details, payload]: [number, Id, Id, Dict, Payload]): void {
    const told = { publication, details, ...(payload.length > 0 && payload.values) };
    if (this.#pending === undefined) this.#sendEvent(told);
    else this.#pending.push(told);
  }

  /** Reads the history from a publication on: if the first result is that publication, none after it is missing. */
  #requestHistory(publication: Id): void {
    const filter = { from_publication: publication };
    const procedure = "wamp.subscription.get_events";
    this.#send([MessageType.CALL, HISTORY_REQUEST, {}, procedure, [this.#subscription], filter]);
  }

  #onHistory([first, ...events]: readonly StreamEvent[], { is_limit_reached }: Dict): void {
    if (first?.publication !== this.#last) return this.#sendGap();
    const known = new Set(events.map(({ publication }) => publication));
    this.#pending = this.#pending?.filter(({ publication }) => !known.has(publication));
    for (const event of events) this.#sendEvent(event);
    if (is_limit_reached === true && events.length > 0) this.#requestHistory(this.#last as Id);
    else this.#sendPending();
  }

  /** Tells the client that publications may be missing: the history does not reach back to its last event. */
  #sendGap(): void {
    this.#write("event: gap\ndata: {}\n\n");
    this.#sendPending();
  }

  #sendPending(): void {
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    for (const event of pending) this.#sendEvent(event);
  }

  #sendEvent({ publication, details, args = [], kwargs = {} }: StreamEvent): void {
    this.#last = publication;
    const { topic = this.#watch.topic, ...others } = details;
    const data = jsonFromValue({ topic, args, kwargs, details: others });
    this.#write(`event: message\nid: ${publication}\ndata: ${data}\n\n`);
  }

  #write(text: string): void {
    this.#out?.enqueue(utf8(text));
    if ((this.#out?.desiredSize ?? 1) <= 0) this.#end();
  }

  #send(message: List): void {
    this.#socket.send(JSON.stringify(message));
  }

  #refuse(uri: string): void {
    this.#decide(uri);
    this.#end();
  }

  /** Ends session and stream; the browser reconnects by itself. */
  #end(): void {
    clearInterval(this.#heartbeat);
    this.#decide("wamp.close.system_shutdown");
    closeSocket(this.#socket, GOING_AWAY, "");
    try {
      this.#out?.close();
    } catch {
      // The client has closed the stream already.
    }
    this.#out = undefined;
  }
}

/** The publication id in the header Last-Event-ID. */
export function publicationIn(lastEventId: string | undefined): Id | undefined {
  const id = lastEventId === undefined ? undefined : Number(lastEventId);
  return isId(id) ? id : undefined;
}

/** Milliseconds after which a browser reconnects. */
const RETRY_MS = 3_000;
const GOING_AWAY = 1000;
