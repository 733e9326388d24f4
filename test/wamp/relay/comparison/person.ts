/** What a client of a compared realm knows: the ids and requests in the messages that it has sent and received. */

import type { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { KnownClient, Received } from "./side.ts";

/** A call that has no final answer. */
export interface OpenCall {
  readonly procedure: string;
  /** Do more chunks of its input follow? */
  isInputOpen: boolean;
}

/** An invocation that the client has not answered. */
export interface OpenInvocation {
  readonly procedure: string;
}

/** What WELCOME says of a session that can be resumed. */
export interface Offer {
  readonly session: number;
  readonly token: string;
}

/** A topic or pattern, or a procedure. */
export interface Held {
  readonly uri: string;
  readonly match: string;
}

/** One client, over all its connections. */
export class Person {
  readonly place: number;
  /** The object that it is connected to. */
  object = 0;
  isConnected = false;
  isJoined = false;
  /** Was it challenged, and has not answered? */
  isChallenged = false;
  known: KnownClient | undefined;
  session: number | undefined;
  /** Are its messages decided on by another client? */
  isChecked = false;
  offer: Offer | undefined;
  request = 0;
  readonly subscriptions = new Map<number, Held>();
  /** INVOCATION.Registration → procedure */
  readonly registrations = new Map<number, Held>();
  readonly calls = new Map<number, OpenCall>();
  /** CALL.Request → procedure, of all calls of the session */
  readonly procedureOf = new Map<number, string>();
  readonly invocations = new Map<number, OpenInvocation>();
  /** INVOCATION.Request in the realm of one object → that in the realm over relays */
  readonly invocationsOf = new Map<number, number>();
  /** SUBSCRIBE.Request, REGISTER.Request → what was asked for. */
  readonly #asked = new Map<number, Held>();
  /** UNSUBSCRIBE.Request, UNREGISTER.Request → what was to be ended. */
  readonly #ending = new Map<number, number>();

  constructor(place: number) {
    this.place = place;
  }

  /** Takes note of a message that the client sends. */
  say(message: Received): void {
    const [type, request, options, uri] = message as [number, number, Record<string, unknown>, string];
    if (type === 32 || type === 64) this.#asked.set(request, { uri, match: (options?.match || "exact") as string });
    if (type === 48 && typeof options === "object" && options !== null) {
      this.procedureOf.set(request, uri);
      this.calls.set(request, { procedure: uri, isInputOpen: options.progress === true });
    }
    if (type === 34 || type === 66) this.#ending.set(request, message[2] as number);
    if (type === 5) this.isChallenged = false;
    if (type === 3) this.end();
  }

  /** Takes note of a message that the client receives. */
  hear(message: Received): void {
    const [type, first, second, third] = message as [number | string, number, number, Record<string, unknown>];
    switch (type) {
      case 2:
        return this.#join(first, message[2] as Record<string, unknown>);
      case 4:
        this.isChallenged = true;
        return;
      case 3:
      case 6:
        return this.end();
      case "closed":
        this.isConnected = false;
        return this.end();
      case 33:
        this.subscriptions.set(second, this.#asked.get(first)!);
        return;
      case 65:
        this.registrations.set(second, this.#asked.get(first)!);
        return;
      case 35:
        this.subscriptions.delete(
          first === 0 ? (message[2] as { subscription: number }).subscription : this.#ending.get(first)!,
        );
        return;
      case 67:
        this.registrations.delete(
          first === 0 ? (message[2] as { registration: number }).registration : this.#ending.get(first)!,
        );
        return;
      case 50:
        if ((message[2] as Record<string, unknown>).progress !== true) this.calls.delete(first);
        return;
      case 8:
        if (first === 48) this.calls.delete(second);
        return;
      case 68:
        this.invocations.set(first, {
          procedure: (third.procedure ?? this.registrations.get(second)?.uri ?? "") as string,
        });
    }
  }

  /** What a SUBSCRIBE or REGISTER with this request id asked for. */
  askedFor(request: number): Held | undefined {
    return this.#asked.get(request);
  }

  /** The subscription that an UNSUBSCRIBE with this request id was to end. */
  endedBy(request: number): number | undefined {
    return this.#ending.get(request);
  }

  /** A message with the numbers that invocations have over relays. */
  renumbered(message: Received): Received {
    const at = message[0] === 70 ? 1 : message[0] === 8 ? 2 : undefined;
    if (at === undefined || at >= message.length) return message;
    return message.with(at, this.invocationsOf.get(message[at] as number) ?? message[at]);
  }

  /** The session is over. */
  end(): void {
    this.isJoined = false;
    this.isChallenged = false;
    this.session = undefined;
    this.request = 0;
    for (const table of [this.subscriptions, this.registrations, this.calls, this.invocations]) table.clear();
    this.invocationsOf.clear();
  }

  /** A request id that the session has not used. */
  nextRequest(): number {
    return ++this.request;
  }

  #join(session: number, details: Record<string, unknown>): void {
    const isResumed = details.resumed === true;
    if (!isResumed) this.end();
    this.isJoined = true;
    this.session = session;
    this.isChecked = details.authrole === "checked";
    const token = details["resume-token"] as string | undefined;
    this.offer = token === undefined ? undefined : { session, token };
  }
}

/** All clients of a conversation, and chance. */
export interface Scene {
  readonly random: SeededRandom;
  readonly people: readonly Person[];
  /** Do all objects sleep between messages? */
  readonly sleeps: boolean;
}
