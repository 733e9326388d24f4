/** One watched topic: a session in the realm on one side, server-sent events on the other. */

import { isId } from "../../wamp/protocol/id.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import type { Payload } from "../../wamp/protocol/payload.ts";
import type { Dict, Id, List } from "../../wamp/protocol/values.ts";
import { json } from "../../wamp/serializers/json.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import { closeSocket } from "../platform/close-socket.ts";

/** What to watch. */
export interface Watch {
  readonly topic: string;
  readonly match: string;
  /** The last publication the watcher has seen; what came after it is told first, as far as the realm remembers. */
  readonly after: Id | undefined;
  /** Seconds between signs of life. */
  readonly heartbeat: number;
}

/** A publication as a watcher is told of it. */
interface Told {
  readonly publication: Id;
  readonly details: Dict;
  readonly args?: unknown;
  readonly kwargs?: unknown;
}

const SUBSCRIBE_REQUEST = 1;
const HISTORY_REQUEST = 2;
/** Bytes that may wait for a slow reader; he then comes back with the id of the last event he got. */
const MAX_UNREAD = 1_048_576;
/** Nesting no message of a realm has. */
const LIMITS = { depth: 1_001 };

export class Watcher {
  /** Resolves to the URI of the error when the realm refuses, to undefined when events can come. */
  readonly refusal: Promise<string | undefined>;
  readonly stream: ReadableStream<Uint8Array>;
  readonly #socket: WebSocket;
  readonly #watch: Watch;
  #decide: (refusal: string | undefined) => void = () => {};
  #out: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #subscription: Id | undefined;
  /** While the past is told: what has come meanwhile, oldest first. */
  #pending: Told[] | undefined;
  /** The last publication that was told. */
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
        return this.#past((message[3] as Payload).args as readonly Told[], (message[3] as Payload).kwargs);
      case MessageType.ERROR:
        return message[2] === SUBSCRIBE_REQUEST ? this.#refuse(message[4] as string) : this.#gap();
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
    this.#askForPast(this.#last);
  }

  #event([, , publication, details, payload]: [number, Id, Id, Dict, Payload]): void {
    const told = { publication, details, ...(payload.length > 0 && payload.values) };
    if (this.#pending === undefined) this.#tell(told);
    else this.#pending.push(told);
  }

  /** Asks for what begins with a publication: that one is there only if nothing since is missing. */
  #askForPast(publication: Id): void {
    const filter = { from_publication: publication };
    const procedure = "wamp.subscription.get_events";
    this.#send([MessageType.CALL, HISTORY_REQUEST, {}, procedure, [this.#subscription], filter]);
  }

  #past([first, ...events]: readonly Told[], { is_limit_reached }: Dict): void {
    if (first?.publication !== this.#last) return this.#gap();
    const known = new Set(events.map(({ publication }) => publication));
    this.#pending = this.#pending?.filter(({ publication }) => !known.has(publication));
    for (const event of events) this.#tell(event);
    if (is_limit_reached === true && events.length > 0) this.#askForPast(this.#last as Id);
    else this.#present();
  }

  /** Nobody knows what the watcher has missed, and he is to know that. */
  #gap(): void {
    this.#write("event: gap\ndata: {}\n\n");
    this.#present();
  }

  #present(): void {
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    for (const event of pending) this.#tell(event);
  }

  #tell({ publication, details, args = [], kwargs = {} }: Told): void {
    this.#last = publication;
    const { topic = this.#watch.topic, ...others } = details;
    const data = jsonFromValue({ topic, args, kwargs, details: others });
    this.#write(`event: message\nid: ${publication}\ndata: ${data}\n\n`);
  }

  #write(text: string): void {
    this.#out?.enqueue(utf8.encode(text));
    if ((this.#out?.desiredSize ?? 1) <= 0) this.#end();
  }

  #send(message: List): void {
    this.#socket.send(JSON.stringify(message));
  }

  #refuse(uri: string): void {
    this.#decide(uri);
    this.#end();
  }

  /** The browser comes back by itself, unless it is he who left. */
  #end(): void {
    clearInterval(this.#heartbeat);
    this.#decide("wamp.close.system_shutdown");
    closeSocket(this.#socket, GOING_AWAY, "");
    try {
      this.#out?.close();
    } catch {
      // The reader has left.
    }
    this.#out = undefined;
  }
}

/** The id of the last event a watcher has got, from the header Last-Event-ID. */
export function publicationIn(lastEventId: string | undefined): Id | undefined {
  const id = lastEventId === undefined ? undefined : Number(lastEventId);
  return isId(id) ? id : undefined;
}

const utf8 = new TextEncoder();

/** Milliseconds after which a browser comes back. */
const RETRY_MS = 3_000;
const GOING_AWAY = 1000;
