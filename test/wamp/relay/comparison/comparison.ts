/** Plays one random conversation in a realm of one object and in one over relays, and compares what the clients get. */

import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { SUBPROTOCOLS } from "../../../clients/wire.ts";
import { ModelRelay } from "../model/model-objects.ts";
import { RelayedRealm } from "../relayed-realm.ts";
import { SoloRealm } from "../solo-realm.ts";
import { Correspondence } from "./correspondence.ts";
import { isEnd, MessageComparison, textOf } from "./message-comparison.ts";
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

const GOODBYE = "wamp.close.goodbye_and_out";
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
  readonly #hasCookies: boolean;
  readonly #ids = new Correspondence();
  readonly #people = Array.from({ length: PEOPLE }, (_, place) => new Person(place));
  readonly #intentions;
  readonly #messages = new MessageComparison(this.#ids);
  /** Did messages that were sent together end a session, so that those before may not have been done? */
  #isOver = false;
  /** Types of the messages that the clients have got, and URIs of errors. */
  readonly kinds = new Set<unknown>();
  /** What was done, for the error. */
  readonly log: string[] = [];

  constructor(seed: number, { relays, sleeps }: ComparisonOptions) {
    this.#random = new SeededRandom(seed);
    const config = randomConfig(this.#random);
    this.#sleeps = sleeps;
    this.#hasCookies = config.auth?.cookie !== undefined;
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
    const messages: Received[] = [];
    while (messages.length < 2 || random.chance(0.5)) {
      const before = person.request;
      const message = this.#randomMessage(person);
      if (!isRace(message, person, messages)) messages.push(message);
      else person.request = before;
    }
    await this.#sayTogether(person, messages);
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
    // A relay opens no session before it knows the roles.
    const at = this.#spread.objects[person.object]!;
    const mayVouch = !(at instanceof ModelRelay && at.roleVersion === undefined);
    if (random.chance(0.5) && mayVouch) {
      const [authid, authrole] = random.pick(KNOWN);
      const known = { authid, authrole, roles: randomRoles(random) };
      return this.#both(`${person.place} joins at ${object} as ${authid}, ${authrole}`, (side) => {
        side.connect(person.place, object, subprotocol, known);
      });
    }
    const cookie = this.#hasCookies && random.chance(0.5) ? random.pick(["browser 1", "browser 2"]) : undefined;
    await this.#both(`${person.place} connects to ${object} with ${subprotocol}, cookie ${cookie}`, (side) => {
      side.connect(person.place, object, subprotocol, undefined, cookie);
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
    const method = random.pick([[], [], ["anonymous"], ["ticket"], ["wampcra"], ["cookie"], ["none"]]);
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
    this.#messages.areTogether = messages.length > 1 || person.isChecked;
    const text = messages.map(textOf).join("\n    and ");
    const send = (side: Side): void => {
      for (const message of side === this.#solo ? messages : translated) side.send(person.place, message);
    };
    await this.#both(`${person.place} sends ${text}`, send, awaited, messages.length > 1 ? person : undefined);
    this.#messages.areTogether = false;
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
    for (const [place, messages] of solo) this.#messages.pairSubscriptions(messages, spread.get(place));
    const differences = this.#people.flatMap((person) => {
      return this.#difference(person, solo.get(person.place) ?? [], spread.get(person.place) ?? []);
    });
    if (differences.length > 0) throw new Error(differences.join("\n"));
  }

  /** Lets a client take note of what it has got; returns the difference, if there is one. */
  #difference(person: Person, solo: readonly Received[], spread: readonly Received[]): string[] {
    const { areSame, expected, received } = this.#messages.compare(person, solo, spread, () => {
      for (const message of solo) {
        this.log.push(`  ${person.place} gets ${textOf(message)}`);
        this.kinds.add(message[0] === 8 ? message[4] : message[0]);
        person.hear(message);
      }
    });
    if (areSame) return [];
    const list = received.map((message) => `\n  ${textOf(message)}`).join("");
    const should = expected.map((message) => `\n  ${textOf(this.#ids.translate(message))}`).join("");
    return [`${person.place} at relays gets:${list}\ninstead of:${should}`];
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

/**
 * Does the answer depend on how fast another object is, or the order of later events? So it is with procedures of the
 * router that ask other objects, with a request id of a call that has just been canceled, with answers to invocations that
 * are on their way at most, and with several subscriptions.
 */
function isRace(message: Received, { calls, invocationsOf }: Person, before: readonly Received[]): boolean {
  const [type, request, , procedure] = message as [number, number, unknown, unknown];
  if (type === 48) return String(procedure).startsWith("wamp.") || calls.has(request);
  if (type === 32) return before.some(([each]) => each === 32);
  // A client may end its session by mistake, but not in each conversation.
  if (type === 3 || type === 6) return true;
  return type === 70 && !invocationsOf.has(request);
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
