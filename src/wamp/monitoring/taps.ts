/** The taps that run in a realm: shows them the messages of all sessions, but no result of a tap. */

import type { Clock } from "../host/host.ts";
import { type Message, MessageType, type RouterMessage } from "../protocol/message.ts";
import { parse } from "../protocol/parse.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, List, Uri } from "../protocol/values.ts";
import type { Frame, Serializer } from "../serializers/serializer.ts";
import type { Peer } from "../session/peer.ts";
import type { Session } from "../session/session.ts";
import { MessageUris, type UriTables } from "./message-uris.ts";
import type { Tap } from "./tap.ts";
import type { TappedMessage } from "./tapped-message.ts";

/** What taps ask of the other parts of a realm. */
export interface TapContext extends UriTables {
  readonly sessions: Iterable<Session>;
  /** Says whether calls of a procedure carry credentials: those of authenticators and authorizers. */
  carriesCredentials(procedure: Uri): boolean;
}

/** Transports ask for `isRunning`, and call `received` and `sent` while it is true: a message costs nothing else. */
export class Taps {
  /** Does any tap run? */
  isRunning = false;
  readonly #clock: Clock;
  readonly #taps = new Set<Tap>();
  /** Results of taps. They are recognized by identity, because a resumed session gets kept ones again. */
  readonly #results = new WeakSet<Payload>();
  #context: TapContext | undefined;
  #uris: MessageUris | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Taps that run. */
  get size(): number {
    return this.#taps.size;
  }

  /** Starts a tap, which gets the messages from now on. */
  start(tap: Tap, context: TapContext): void {
    this.#context = context;
    this.#uris ??= new MessageUris(context, context.sessions);
    this.#taps.add(tap);
    this.isRunning = true;
    this.#clock.setAlarm(tap.endsAt);
  }

  /** Ends a tap, which gets no more messages. */
  stop(tap: Tap): void {
    this.#taps.delete(tap);
    this.isRunning = this.#taps.size > 0;
    if (!this.isRunning) this.#uris = undefined;
  }

  /** Takes a message that a client has sent; `frame` and `serializer` are absent for sessions of the router itself. */
  received(peer: Peer, elements: List, frame?: Frame, serializer?: Serializer["name"]): void {
    this.#show("received", peer, () => parse(elements), frame, serializer);
  }

  /** Takes a message that a client is sent, after the transport has queued it. `frame` as in `received`. */
  sent(peer: Peer | undefined, message: RouterMessage, frame?: Frame, serializer?: Serializer["name"]): void {
    if (this.hides(message)) return;
    this.#show("sent", peer, () => message, frame, serializer);
  }

  /** Is the message a result of a tap, which no tap shows? */
  hides(message: RouterMessage): boolean {
    return message[0] === MessageType.RESULT && this.#results.has(message[3]);
  }

  /** Takes note of the payload of a tap's result that comes from another object. */
  hide(payload: Payload): void {
    this.#results.add(payload);
  }

  /** Makes the payload of a result, which no tap shows. */
  newResult(dict: Dict): Payload {
    const payload = Payload.of([dict]);
    this.#results.add(payload);
    return payload;
  }

  /** Ends the taps whose time is over at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const tap of [...this.#taps]) if (tap.endsAt <= now) tap.end("duration");
  }

  /** Returns when the next tap ends, infinity where none runs; milliseconds since the epoch. */
  nextDeadline(): number {
    return Math.min(...[...this.#taps].map(({ endsAt }) => endsAt));
  }

  /** Ends the taps of sessions that may have none any more. */
  endDenied(isAllowed: (reader: Session) => boolean): void {
    for (const tap of [...this.#taps]) if (!isAllowed(tap.reader)) tap.end("denied");
  }

  /** Shows a message to the taps. A fault of a tap ends all of them, and the message goes its way. */
  #show(
    direction: TappedMessage["direction"],
    peer: Peer | undefined,
    read: () => Message,
    frame: Frame | undefined,
    serializer: Serializer["name"] | undefined,
  ): void {
    let message: Message;
    try {
      message = read();
    } catch {
      return; // The realm refuses a message of this form.
    }
    try {
      const session = peer?.state.kind === "open" ? peer.state.session : undefined;
      const uri = session && this.#uris!.of(session, message);
      const isSecret = uri === undefined || this.#context!.carriesCredentials(uri);
      const now = this.#clock.now();
      for (const tap of [...this.#taps]) {
        const dict = tap.describe({ direction, session, message, uri, isSecret, frame, serializer }, now);
        if (dict !== undefined) tap.give(this.newResult(dict));
      }
    } catch (error) {
      for (const tap of [...this.#taps]) tap.end("failed", error);
    }
  }
}
