/** Clients that send random messages, most of them valid, as a seed decides. */

import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { Client, Entry, Line } from "../../host/test-realm.ts";
import { TestRealm } from "../../host/test-realm.ts";

/** The action of one client, and the messages that all clients received because of it. */
export interface Turn {
  readonly client: string;
  readonly did: unknown;
  readonly heard: readonly Entry[];
}

export const CONNECTS = "connects";
export const DISCONNECTS = "disconnects";

const NAMES = ["ann", "ben", "cal", "dan", "eve", "fay", "gil", "hal"];

export class FuzzClients {
  readonly realm = new TestRealm({ options: { enable_meta_api: false } });
  readonly turns: Turn[] = [];
  readonly #random: SeededRandom;
  readonly #isSleepy: boolean;
  readonly #people = NAMES.map((name) => new Person(name));

  /** With `isSleepy` the realm sleeps before every turn. */
  constructor(seed: number, isSleepy: boolean) {
    this.#random = new SeededRandom(seed);
    this.#isSleepy = isSleepy;
  }

  /** Takes so many turns; time passes between some of them. */
  converse(turns: number): void {
    for (let i = 0; i < turns; i++) {
      const person = this.#random.pick(this.#people);
      if (this.#random.chance(0.05)) this.#passTime(this.#random.below(40));
      this.#act(person, person.think(this.#random));
    }
  }

  /** Callees answer all their calls, so that no call stays open. */
  finish(): void {
    for (const person of this.#people) {
      for (const [request, args] of [...person.invocations]) this.#act(person, [70, request, {}, args]);
    }
  }

  /** All clients leave, each in a random way. */
  disperse(): void {
    for (const person of this.#people) {
      if (person.isJoined && this.#random.chance(0.5)) this.#act(person, person.leave(this.#random));
      if (person.client !== undefined) this.#act(person, DISCONNECTS);
    }
  }

  #act(person: Person, did: unknown): void {
    const { realm } = this;
    if (this.#isSleepy) realm.sleepAndWake();
    if (did === CONNECTS) person.client = realm.connect(person.name);
    else if (did === DISCONNECTS) person.client?.disconnect();
    else person.client?.send(did);
    if (did === DISCONNECTS) person.forget();
    this.#listen(person.name, did);
  }

  #passTime(milliseconds: number): void {
    if (this.#isSleepy) this.realm.sleepAndWake();
    this.realm.advance(milliseconds);
    this.#listen("time", milliseconds);
  }

  #listen(client: string, did: unknown): void {
    const heard = this.realm.take();
    this.turns.push({ client, did, heard });
    for (const [name, message] of heard) {
      const person = this.#people.find((one) => one.name === name) as Person;
      if (message === "closed") person.end();
      else person.hear(message);
    }
  }
}

/** One client, which knows only the ids that it has received. */
class Person {
  readonly name: string;
  client: Client | undefined;
  isJoined = false;
  isClosed = false;
  readonly subscriptions = new Set<unknown>();
  readonly registrations = new Set<unknown>();
  /** INVOCATION.Request → Arguments */
  readonly invocations = new Map<unknown, unknown>();
  readonly calls = new Set<unknown>();
  lastInvocation = 0;
  lastRequest = 0;
  #args = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Chooses the next action. */
  think(random: SeededRandom): unknown {
    if (this.client === undefined) return CONNECTS;
    if (this.isClosed) return random.pick<unknown>([DISCONNECTS, [16, 1, { acknowledge: true }, "a.b"], HELLO]);
    if (!this.isJoined) return random.chance(0.9) ? hello(random) : random.weighted(BEFORE_HELLO).say;
    for (;;) {
      const message = random.weighted(INTENTIONS).say(this, random);
      if (message !== undefined) return message;
    }
  }

  leave(random: SeededRandom): unknown {
    return random.pick<unknown>([GOODBYE, ABORT, [99]]);
  }

  hear(message: Line): void {
    const [type, first, second] = message;
    if (type === 2 || type === 3 || type === 6) this.#begin(type === 2);
    if (type === 33) this.subscriptions.add(second);
    if (type === 65) this.registrations.add(second);
    if (type === 50 && (second as { progress?: boolean }).progress !== true) this.calls.delete(first);
    if (type === 8 && first === 48) this.calls.delete(second);
    if (type !== 68) return;
    this.lastInvocation = first as number;
    this.invocations.set(first, message[4]);
  }

  /** The router has closed the transport. */
  end(): void {
    this.#begin(false);
    this.isClosed = true;
  }

  forget(): void {
    this.#begin(false);
    this.client = undefined;
    this.isClosed = false;
  }

  /** Returns Arguments that no other message has. */
  newArgs(): unknown[] {
    return [`${this.name} ${++this.#args}`];
  }

  nextRequest(): number {
    return ++this.lastRequest;
  }

  #begin(isJoined: boolean): void {
    this.isJoined = isJoined;
    for (const held of [this.subscriptions, this.registrations, this.invocations, this.calls]) held.clear();
    this.lastInvocation = 0;
    this.lastRequest = 0;
  }
}

const GOODBYE = [6, {}, "wamp.close.close_realm"];
const ABORT = [3, {}, "com.app.giving_up"];
const ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
const HELLO = [1, "realm1", { roles: ROLES }];
const CANCELING = { ...ROLES, callee: { features: { call_canceling: true, progressive_call_results: true } } };

function hello(random: SeededRandom): unknown {
  return random.chance(0.5) ? HELLO : [1, "realm1", { roles: CANCELING }];
}

const BEFORE_HELLO = [
  { weight: 2, say: DISCONNECTS },
  { weight: 1, say: ABORT },
  { weight: 1, say: GOODBYE },
  { weight: 1, say: [1, "realm2", { roles: ROLES }] },
  { weight: 1, say: [1, "realm1", {}] },
  { weight: 1, say: [32, 1, {}, "a.b"] },
];

const EXACT = ["a.b", "a.b.c", "a.c", "b.b", "x"];
const BROAD = [
  ...EXACT.map((uri) => [uri, {}] as const),
  ...["a", "a.b", "a.", "", "b"].map((uri) => [uri, { match: "prefix" }] as const),
  ...["a.", ".b", "..", "a..c", ""].map((uri) => [uri, { match: "wildcard" }] as const),
];
const BAD_URIS = ["a..b", "a b", "wamp.x", "wamp", "#"];

/** Messages that end the session. */
const BROKEN: readonly unknown[] = [
  [99],
  {},
  [],
  [36, 1, 1, {}],
  [16, 1, [], "a.b"],
  [32, 0, {}, "a.b"],
  HELLO,
  [5, "x", {}],
];

/** Policies of shared registrations except `roundrobin`, because the realm forgets in sleep which callee is next. */
const POLICIES = [{}, {}, { invoke: "first" }, { invoke: "last" }, { invoke: "random" }];

interface Intention {
  readonly weight: number;
  /** Returns a message, or undefined where the client has no ids for it. */
  say(person: Person, random: SeededRandom): unknown;
}

const INTENTIONS: readonly Intention[] = [
  {
    weight: 8,
    say(person, random) {
      const [uri, options] = random.pick(BROAD);
      return [32, person.nextRequest(), options, uri];
    },
  },
  { weight: 5, say: (person, random) => end(person.subscriptions, random, (id) => [34, person.nextRequest(), id]) },
  {
    weight: 16,
    say(person, random) {
      const acknowledge = random.chance(0.3) ? { acknowledge: true } : {};
      const exclude_me = random.chance(0.3) ? { exclude_me: false } : {};
      return [16, person.nextRequest(), { ...acknowledge, ...exclude_me }, random.pick(EXACT), person.newArgs()];
    },
  },
  {
    weight: 8,
    say(person, random) {
      const [uri, options] = random.pick(BROAD);
      const concurrency = random.chance(0.3) ? { concurrency: 1 + random.below(2) } : {};
      return [64, person.nextRequest(), { ...options, ...random.pick(POLICIES), ...concurrency }, uri];
    },
  },
  { weight: 4, say: (person, random) => end(person.registrations, random, (id) => [66, person.nextRequest(), id]) },
  {
    weight: 20,
    say(person, random) {
      const receive_progress = random.chance(0.5) ? { receive_progress: true } : {};
      const timeout = random.chance(0.2) ? { timeout: 1 + random.below(60) } : {};
      const request = person.nextRequest();
      person.calls.add(request);
      return [48, request, { ...receive_progress, ...timeout }, random.pick(EXACT), person.newArgs()];
    },
  },
  { weight: 14, say: (person, random) => answer(person, random, (request, args) => [70, request, {}, args]) },
  {
    weight: 4,
    say: (person, random) => answer(person, random, (request, args) => [8, 68, request, {}, "com.app.error", args]),
  },
  {
    weight: 6,
    say: (person, random) =>
      oneOf(person.invocations, random, ([request, args]) => [70, request, { progress: true }, args]),
  },
  {
    weight: 4,
    say: (person, random) =>
      oneOf(person.calls, random, (request) => [49, request, random.pick([{}, { mode: "skip" }, { mode: "kill" }])]),
  },
  // An answer to a call that is over, or to one that was never made.
  { weight: 1, say: (person, random) => [70, 1 + random.below(person.lastInvocation + 1), {}] },
  { weight: 1, say: (person, random) => [34, person.nextRequest(), 1 + random.below(200)] },
  { weight: 1, say: (person, random) => [66, person.nextRequest(), 1 + random.below(200)] },
  { weight: 1, say: (person, random) => [16, person.nextRequest(), { acknowledge: true }, random.pick(BAD_URIS)] },
  {
    weight: 0.3,
    say: (person, random) => oneOf(person.calls, random, (request) => [48, request, {}, "a.b", person.newArgs()]),
  },
  { weight: 0.5, say: (_, random) => random.pick(BROKEN) },
  { weight: 1, say: () => GOODBYE },
  { weight: 0.3, say: () => ABORT },
  { weight: 1, say: () => DISCONNECTS },
];

function oneOf<T>(held: Iterable<T>, random: SeededRandom, say: (one: T) => unknown): unknown {
  const all = [...held];
  return all.length === 0 ? undefined : say(random.pick(all));
}

/** Ends something the client holds, and forgets it. */
function end(held: Set<unknown>, random: SeededRandom, say: (one: unknown) => unknown): unknown {
  return oneOf(held, random, (one) => {
    held.delete(one);
    return say(one);
  });
}

/** The final answer to an invocation. */
function answer(person: Person, random: SeededRandom, say: (request: unknown, args: unknown) => unknown): unknown {
  return oneOf(person.invocations, random, ([request, args]) => {
    person.invocations.delete(request);
    return say(request, args);
  });
}
