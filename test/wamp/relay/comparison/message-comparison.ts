/** Finds out whether a client gets the same in a realm of one object and in one over relays, as far as an order is promised. */

import type { Correspondence } from "./correspondence.ts";
import type { Person } from "./person.ts";
import type { Received } from "./side.ts";

/** Events that relays publish later, or not at all (docs/relays.md). */
const UNCOMPARED: ReadonlySet<unknown> = new Set(["wamp.subscription.on_create", "wamp.subscription.on_delete"]);

/**
 * Errors of calls with other texts: the relay of a callee does not know the procedure, and that of a subscriber whether
 * a session that holds a subscription no more has ended.
 */
const OTHER_TEXTS: ReadonlySet<unknown> = new Set([
  "wamp.error.network_failure",
  "wamp.error.payload_size_exceeded",
  "wamp.error.no_such_session",
]);

const REPLIES: ReadonlySet<unknown> = new Set([8, 17, 33, 35, 50, 65, 67]);
/** What a client should have got, and what it has got, of all that is compared. */
export interface Compared {
  readonly areSame: boolean;
  readonly expected: readonly Received[];
  readonly received: readonly Received[];
}

/** Knows the topics of subscriptions, and which messages may come in another order, or not at all (docs/relays.md). */
export class MessageComparison {
  readonly #ids: Correspondence;
  /** subscription, in either realm → topic */
  readonly #topics = new Map<unknown, string>();
  /** Do the messages of a client lead to others at the same time, so that these are in no order? */
  areTogether = false;
  /** Were several of them answered? */
  #areAnsweredTogether = false;

  constructor(ids: Correspondence) {
    this.#ids = ids;
  }

  /** Several subscriptions may be made in any order: their ids must be known before the events about them are compared. */
  pairSubscriptions(solo: readonly Received[], spread: readonly Received[] = []): void {
    for (const ours of solo) {
      const theirs = spread.find(([type, request]) => type === 33 && request === ours[1]);
      if (ours[0] === 33 && theirs !== undefined) this.#ids.matches(ours, theirs);
    }
  }

  /** Compares what a client gets; `hear` lets it take note of the messages meanwhile. */
  compare(person: Person, solo: readonly Received[], spread: readonly Received[], hear: () => void): Compared {
    for (const message of [...solo, ...spread]) {
      const [type, request, id] = message as [number, number, number];
      const asked = type === 33 ? person.askedFor(request) : undefined;
      if (asked?.match === "exact") this.#topics.set(id, asked.uri);
    }
    const isEarly = this.#isEarly(person, spread);
    const changing = this.#changingSubscriptions(person, [...solo, ...spread]);
    const [ours, theirs] = [solo, spread].map((messages) => {
      return messages.filter((message) => this.#isCompared(message, changing));
    });
    for (const message of [...solo, ...spread]) hideCreation(message);
    hear();
    const areSame = !isEarly && this.#areSame(person, ours!, theirs!);
    return { areSame, expected: ours!, received: theirs! };
  }

  #areSame(person: Person, solo: readonly Received[], spread: readonly Received[]): boolean {
    const nameOf = (message: Received): string => this.#streamOf(message, person);
    const [ours, theirs] = [streamsOf(solo, nameOf), streamsOf(spread, nameOf)];
    // What is on its way from the core when a session ends does not come any more; several may end in any order.
    const isLate = spread.some(isEnd);
    for (const name of [...ours.keys(), ...theirs.keys()].filter(() => isLate)) {
      if (person.isChecked ? name !== "all" : /^reply|^core|^about|^interrupts/.test(name)) {
        ours.delete(name);
        theirs.delete(name);
      }
    }
    // One that an answer meets on its way does not reach the callee.
    if (this.areTogether) for (const streams of [ours, theirs]) streams.delete("interrupts");
    const [interrupted, others] = [ours, theirs].map((streams) => streams.get("interrupts") ?? []);
    for (const streams of [ours, theirs]) streams.delete("interrupts");
    if (ours.size !== theirs.size) return false;
    const expected = interrupted!.map(([, request]) => person.invocationsOf.get(request as number) ?? request);
    if (String(expected.sort()) !== String(others!.map(([, request]) => request).sort())) return false;
    this.#areAnsweredTogether = solo.filter(([type]) => REPLIES.has(type)).length > 1;
    return [...ours].every(([name, messages]) => {
      const others = theirs.get(name) ?? [];
      return (
        messages.length === others.length && messages.every((message, at) => this.#isSame(person, message, others[at]!))
      );
    });
  }

  /**
   * What may not overtake what: answers and invocations of the core, and each publisher's events, of which meta events
   * about one session are some.
   */
  #streamOf(message: Received, { session }: Person): string {
    const [type, subscription, , details, args] = message as [
      number,
      number,
      number,
      Record<string, unknown>,
      unknown[],
    ];
    if (type === 68) {
      const [asked, , login] = (args ?? []) as [{ session?: number }?, unknown?, { session?: number }?];
      const subject = asked?.session ?? login?.session;
      return subject === undefined ? "core" : `for ${this.#ids.spreadId(subject)}`;
    }
    if (type === 8) return `reply ${message[2]}`;
    if (type === 69) return "interrupts";
    if ([17, 33, 35, 50].includes(type)) return `reply ${message[1]}`;
    if (type !== 36) return "core";
    const topic = (details.topic ?? this.#topics.get(subscription)) as string;
    if (!topic.startsWith("wamp.")) return "event";
    const [first, second] = args as [number | { session: number }, number?];
    if (this.areTogether && topic.startsWith("wamp.subscription.")) return `of ${this.#ids.spreadId(second)}`;
    const subject = typeof first === "object" ? first.session : first;
    // Sessions that are ended together end in any order.
    if (topic.startsWith("wamp.registration.")) return `core about ${this.#ids.spreadId(subject)}`;
    return subject === session || subject === this.#ids.translate(session)
      ? "event"
      : `about ${this.#ids.spreadId(subject)}`;
  }

  /** Is an event in front of the SUBSCRIBED of its subscription? */
  #isEarly({ subscriptions }: Person, spread: readonly Received[]): boolean {
    const known = new Set(Array.from(subscriptions.keys(), (id) => this.#ids.translate(id)));
    return spread.some(([type, subscription, id]) => {
      if (type === 33) known.add(id);
      return type === 36 && !known.has(subscription);
    });
  }

  /** Invocations by other objects may overtake each other, and have other numbers then. */
  #isSame({ invocationsOf, procedureOf }: Person, solo: Received, spread: Received): boolean {
    // The core knows a subscription for half a minute longer (docs/relays.md).
    const isGone = solo[4] === "wamp.error.no_such_subscription" && spread[0] === 50;
    if (isGone && procedureOf.get(spread[1] as number) === "wamp.subscription.get_events") return true;
    // A procedure that asks other objects may answer what is so only after later messages of its caller.
    const areAnswers = this.#areAnsweredTogether && [8, 50].includes(spread[0] as number);
    const request = solo[0] === 50 ? solo[1] : solo[0] === 8 && solo[1] === 48 ? solo[2] : undefined;
    if (areAnswers && procedureOf.get(request as number)?.startsWith("wamp.")) return true;
    if (solo[0] === 8 && OTHER_TEXTS.has(solo[4])) return this.#ids.matches(solo.slice(0, 5), spread.slice(0, 5));
    if (solo[0] !== 68 || spread[0] !== 68) return this.#ids.matches(solo, spread);
    invocationsOf.set(solo[1] as number, spread[1] as number);
    return this.#ids.matches(solo.toSpliced(1, 1), spread.toSpliced(1, 1));
  }

  #isCompared([type, subscription, , details]: Received, changing: ReadonlySet<unknown>): boolean {
    if (type !== 36) return true;
    const topic = (details as Record<string, unknown>).topic ?? this.#topics.get(subscription);
    return !(UNCOMPARED.has(topic) || (changing.has(subscription) && String(topic).startsWith("wamp.")));
  }

  /** Those of which a client may or may not get meta events of other objects, because these come earlier or later. */
  #changingSubscriptions(person: Person, messages: readonly Received[]): ReadonlySet<unknown> {
    const changing = messages.flatMap(([type, request, id]) => {
      if (type === 33 && this.areTogether) return [id];
      if (type !== 35) return [];
      return request === 0 ? [(id as { subscription: number }).subscription] : [person.endedBy(request as number)];
    });
    return new Set(changing.flatMap((id) => [id, this.#ids.translate(id)]));
  }
}

/** Does the message end a session, or the attempt to get one? */
export function isEnd([type]: Received): boolean {
  return type === 3 || type === 6 || type === "closed";
}

/** Over relays a subscription is as old as that of the object which has had subscribers for the longest time. */
function hideCreation([type, , , args]: Received): void {
  const [details] = (type === 50 && Array.isArray(args) ? args : []) as [Record<string, unknown>?];
  if (typeof details === "object" && details?.match !== undefined && details.invoke === undefined)
    details.created = null;
}

/** Messages by stream, in order; what ends a session belongs to all streams. */
function streamsOf(messages: readonly Received[], nameOf: (message: Received) => string): Map<string, Received[]> {
  const streams = new Map<string, Received[]>([["all", []]]);
  for (const message of messages) {
    const isEdge = [2, 3, 4, 6, "closed"].includes(message[0] as number);
    if (isEdge) for (const stream of streams.values()) stream.push(message);
    else {
      const name = nameOf(message);
      streams.set(name, [...(streams.get(name) ?? []), message]);
    }
  }
  return streams;
}

/** Messages as JSON, bytes as hex. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    each instanceof Uint8Array ? `0x${Buffer.from(each).toString("hex")}` : each,
  );
}
