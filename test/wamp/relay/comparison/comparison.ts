/** Plays one random conversation in a realm of one object and in one over relays, and compares what the clients get. */

import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { SUBPROTOCOLS } from "../../../clients/wire.ts";
import { RelayedRealm } from "../relayed-realm.ts";
import { SoloRealm } from "../solo-realm.ts";
import { Correspondence } from "./correspondence.ts";
import { Person, type Scene } from "./person.ts";
import { answer, randomIntentions } from "./random-messages.ts";
import { maybe, randomConfig, randomRoles, spoil } from "./random-options.ts";
import { type Received, Side } from "./side.ts";

/** What one conversation has. */
export interface ComparisonOptions {
  readonly relays: number;
  /** Do all objects sleep between messages? */
  readonly sleeps: boolean;
}

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

const GOODBYE = "wamp.close.goodbye_and_out";
const REPLIES: ReadonlySet<unknown> = new Set([8, 17, 33, 35, 50, 65, 67]);
const PEOPLE = 6;
const SERIALIZERS = SUBPROTOCOLS.filter((name) => !name.endsWith("batched"));
const TICKETS = { joe: "joes", eve: "eves", kim: "kims" };
const KNOWN = [
  ["ann", "user"],
  ["ben", "admin"],
  ["joe", "guest"],
  ["eve", "checked"],
] as const;

/** Throws an error with the first difference. */
export class Comparison {
  readonly #random: SeededRandom;
  readonly #solo: Side;
  readonly #spread: Side;
  readonly #sleeps: boolean;
  readonly #ids = new Correspondence();
  readonly #people = Array.from({ length: PEOPLE }, (_, place) => new Person(place));
  readonly #intentions;
  /** subscription, in either realm → topic */
  readonly #topics = new Map<unknown, string>();
  /** Do messages lead to others at the same time, so that these are in no order? */
  #areTogether = false;
  /** Were several of them answered? */
  #areAnsweredTogether = false;
  /** Has such messages' last one ended a session, so that those before may not have been done? */
  #isOver = false;
  /** Types of the messages that the clients have got, and URIs of errors. */
  readonly kinds = new Set<unknown>();
  /** What was done, for the error. */
  readonly log: string[] = [];

  constructor(seed: number, { relays, sleeps }: ComparisonOptions) {
    this.#random = new SeededRandom(seed);
    const config = randomConfig(this.#random);
    this.#sleeps = sleeps;
    const solo = new SoloRealm(config);
    const spread = new RelayedRealm(relays, config);
    this.#solo = new Side(solo, [solo.object]);
    this.#spread = new Side(spread, [spread.core, ...spread.relays]);
    this.#intentions = randomIntentions(this.#random);
    if (this.#random.chance(0.2)) for (const relay of spread.relays) relay.roleVersion = undefined;
    this.log.push(JSON.stringify(config));
  }

  /** Does so many things. */
  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps && !this.#isOver; step++) {
      if (this.#sleeps) this.#sleep();
      const person = this.#random.pick(this.#people);
      if (this.#random.chance(0.5) && (await this.#decide())) continue;
      if (this.#random.chance(0.04)) await this.#pass(this.#random.pick([21, 63, 1_003, 6_007, 35_011]));
      else await this.#act(person);
    }
  }

  async #act(person: Person): Promise<void> {
    const random = this.#random;
    if (!person.isConnected) return this.#connect(person);
    if (random.chance(0.015)) return this.#disconnect(person);
    if (!person.isJoined) return this.#say(person, this.#greeting(person));
    if (random.chance(0.02)) return this.#count(person);
    if (random.chance(0.9)) return this.#say(person, this.#randomMessage(person));
    const messages = Array.from({ length: 2 + random.below(4) }, () => this.#randomMessage(person));
    // Answers to invocations that are on their way at most.
    const isGuess = ([type, request]: Received) => type === 70 && !person.invocationsOf.has(request as number);
    await this.#sayTogether(
      person,
      messages.filter((message) => !isGuess(message)),
    );
  }

  #randomMessage(person: Person): Received {
    const random = this.#random;
    const scene: Scene = { random, people: this.#people, sleeps: this.#sleeps };
    for (;;) {
      const message = random.weighted(this.#intentions).say(person, scene);
      if (message === undefined || this.#hasReplaced(message)) continue;
      return random.chance(0.03) ? spoil(message, random) : message;
    }
  }

  /** Lets an authorizer or authenticator answer, because nothing goes on without it; false if none is asked. */
  async #decide(): Promise<boolean> {
    const scene: Scene = { random: this.#random, people: this.#people, sleeps: this.#sleeps };
    const isWanted = (procedure: string): boolean => procedure.startsWith("auth.");
    for (const person of this.#people) {
      if (![...person.invocations.values()].some(({ procedure }) => isWanted(procedure))) continue;
      const message = answer(person, scene, isWanted);
      if (message === undefined) return false;
      await this.#say(person, message);
      return true;
    }
    return false;
  }

  async #connect(person: Person): Promise<void> {
    const random = this.#random;
    const object = random.below(10);
    const subprotocol = random.pick(SERIALIZERS);
    person.isConnected = true;
    person.object = object % this.#spread.objects.length;
    if (random.chance(0.5)) {
      const [authid, authrole] = random.pick(KNOWN);
      const known = { authid, authrole, roles: randomRoles(random) };
      return this.#both(`${person.place} joins at ${object} as ${authid}, ${authrole}`, (side) => {
        side.connect(person.place, object, subprotocol, known);
      });
    }
    await this.#both(`${person.place} connects to ${object} with ${subprotocol}`, (side) => {
      side.connect(person.place, object, subprotocol);
    });
  }

  async #disconnect(person: Person): Promise<void> {
    person.isConnected = false;
    person.end();
    await this.#both(`${person.place} disconnects`, (side) => side.disconnect(person.place));
  }

  /** HELLO, AUTHENTICATE, or what is wrong before a session. */
  #greeting(person: Person): Received {
    const random = this.#random;
    if (person.isChallenged)
      return random.chance(0.9) ? [5, random.pick(Object.values(TICKETS)), {}] : [5, "wrong", {}];
    if (random.chance(0.05))
      return random.pick<Received>([[16, 1, {}, "com.a"], [6, {}, "com.x"], [99], [3, {}, "com.x"]]);
    const { offer } = person;
    const resumes = offer !== undefined && random.chance(0.7);
    const method = random.pick([[], [], ["anonymous"], ["ticket"], ["wampcra"], ["none"]]);
    const details = {
      roles: randomRoles(random),
      ...(method.length > 0 && { authmethods: method, authid: random.pick(Object.keys(TICKETS)) }),
      ...maybe(random, 0.4, { resumable: true }),
      ...(resumes && { resumable: true, "resume-session": offer.session, "resume-token": offer.token }),
    };
    const hello = [1, random.chance(0.03) ? "realm2" : "realm1", details];
    return random.chance(0.03) ? spoil(hello, random) : hello;
  }

  /** Relays tell their counts every five seconds: waits until none is older than the last session that began or ended. */
  async #count(person: Person): Promise<void> {
    const sessions = () => [...this.#solo.objects[0]!.realm.sessions.byId.keys()].join();
    for (let before: string | undefined; before !== sessions(); ) {
      before = sessions();
      await this.#pass(5_000);
    }
    // An authorizer may hold the call until the count is old again.
    if (!person.isJoined || person.isChecked) return;
    const roles = this.#random.pick<unknown[]>([[], [["user"]], [["guest", "admin"]]]);
    await this.#say(person, [48, person.nextRequest(), {}, "wamp.session.count", roles]);
  }

  async #pass(milliseconds: number): Promise<void> {
    await this.#both(`${milliseconds} ms pass`, (side) => side.advance(milliseconds));
  }

  async #say(person: Person, message: Received): Promise<void> {
    const isTicket = message[0] === 5 && person.isChallenged;
    await this.#sayTogether(person, [message], isTicket ? person.place : undefined);
  }

  /** Lets a client send messages, of which none waits for what those before lead to. */
  async #sayTogether(person: Person, messages: readonly Received[], awaited?: number): Promise<void> {
    const translated = messages.map((message) => person.renumbered(this.#ids.translate(message) as Received));
    for (const message of messages) person.say(message);
    this.#areTogether = messages.length > 1 || person.isChecked;
    const text = messages.map(textOf).join("\n    and ");
    const send = (side: Side): void => {
      for (const message of side === this.#solo ? messages : translated) side.send(person.place, message);
    };
    await this.#both(`${person.place} sends ${text}`, send, awaited, messages.length > 1 ? person : undefined);
  }

  /** Lets the same happen in both realms, and compares. */
  async #both(text: string, happen: (side: Side) => void, awaited?: number, together?: Person): Promise<void> {
    this.log.push(text);
    for (const side of [this.#solo, this.#spread]) {
      happen(side);
      await side.settle(awaited);
    }
    const [solo, spread] = [this.#solo.take(), this.#spread.take()];
    // Over relays the session ends before the core has done what it has asked for.
    this.#isOver = together !== undefined && solo.get(together.place)?.some(isEnd) === true;
    // Nor is it said which messages an authorizer still decides on that is killed, and for which sessions.
    const isAnyKilled = [...solo.values()].flat().some(([type, , reason]) => type === 6 && reason !== GOODBYE);
    this.#isOver ||= isAnyKilled && this.#people.some(({ isChecked, isJoined }) => isChecked && isJoined);
    if (this.#isOver) return;
    for (const message of [...spread.values()].flat()) if (message[0] === 33) this.#ids.noteSubscription(message[2]);
    const differences = this.#people.flatMap((person) => {
      return this.#differences(person, solo.get(person.place) ?? [], spread.get(person.place) ?? []);
    });
    if (differences.length > 0) throw new Error(differences.join("\n"));
  }

  #differences(person: Person, solo: readonly Received[], spread: readonly Received[]): string[] {
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
    for (const message of solo) {
      this.log.push(`  ${person.place} gets ${textOf(message)}`);
      this.kinds.add(message[0] === 8 ? message[4] : message[0]);
      person.hear(message);
    }
    if (this.#areSame(person, ours!, theirs!) && !isEarly) return [];
    const list = theirs!.map((message) => `\n  ${textOf(message)}`).join("");
    const should = ours!.map((message) => `\n  ${textOf(this.#ids.translate(message))}`).join("");
    return [`${person.place} at relays gets:${list}\ninstead of:${should}`];
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
    if (ours.size !== theirs.size) return false;
    const [interrupted, others] = [ours, theirs].map((streams) => streams.get("interrupts") ?? []);
    ours.delete("interrupts");
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
    const [first] = args as [number | { session: number }];
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
      if (type === 33 && this.#areTogether) return [id];
      if (type !== 35) return [];
      return request === 0 ? [(id as { subscription: number }).subscription] : [person.endedBy(request as number)];
    });
    return new Set(changing.flatMap((id) => [id, this.#ids.translate(id)]));
  }

  /** Does the message name a subscription whose id means another one over relays? */
  #hasReplaced(value: unknown): boolean {
    if (typeof value === "number") return this.#ids.isReplaced(value);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
    return Object.values(value).some((each) => this.#hasReplaced(each));
  }

  #sleep(): void {
    const asks = this.#people.some(({ invocations }) => {
      return [...invocations.values()].some(({ procedure }) => procedure.startsWith("auth."));
    });
    if (asks || !this.#spread.isIdle) return;
    this.log.push("all sleep");
    for (const side of [this.#solo, this.#spread]) side.sleep();
  }
}

function isEnd([type]: Received): boolean {
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
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    each instanceof Uint8Array ? `0x${Buffer.from(each).toString("hex")}` : each,
  );
}

/** Messages in one conversation. */
const STEPS = 300;

/** Returns the first difference of a conversation, with all that led to it; undefined if there is none. */
export async function differenceOf(seed: number, steps = STEPS): Promise<string | undefined> {
  const comparison = new Comparison(seed, { relays: 1 + (seed % 5), sleeps: seed % 3 === 0 });
  try {
    await comparison.run(steps);
    return undefined;
  } catch (error) {
    return `${comparison.log.join("\n")}\nseed ${seed}: ${error instanceof Error ? error.stack : error}`;
  }
}
