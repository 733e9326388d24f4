/** Checks the recorded turns of the clients against a simple model of a router. */

import type { Entry, Line } from "../../host/test-realm.ts";
import type { Turn } from "./fuzz-clients.ts";
import { CONNECTS, DISCONNECTS } from "./fuzz-clients.ts";

type Match = "exact" | "prefix" | "wildcard";

interface Held {
  readonly uri: string;
  readonly match: Match;
}

/** One session, as its client knows it. */
interface Known {
  /** SUBSCRIBE.Request or REGISTER.Request → what was asked for. */
  readonly asked: Map<unknown, Held>;
  readonly subscriptions: Map<unknown, Held>;
  readonly registrations: Map<unknown, Held>;
  /** UNSUBSCRIBE.Request or UNREGISTER.Request → the id it was about. */
  readonly ending: Map<unknown, unknown>;
  /** CALL.Request → Arguments, until the final answer. */
  readonly calls: Map<unknown, unknown>;
  lastInvocation: number;
}

/** The state of one connection: its session, and whether the router may still send. */
interface Place {
  known: Known | undefined;
  isConnected: boolean;
  isClosed: boolean;
}

/** Throws at the first message that a client must not receive, or that it must receive and did not. */
export class Oracle {
  readonly #places = new Map<string, Place>();
  readonly #sessionIds = new Set<unknown>();
  readonly #publications = new Set<unknown>();

  hear(turns: readonly Turn[]): void {
    for (const [index, turn] of turns.entries()) {
      try {
        this.#turn(turn);
      } catch (error) {
        throw new Error(`turn ${index}: ${JSON.stringify(turn)}: ${(error as Error).message}`);
      }
    }
  }

  /** Returns the calls that got no answer, and whose callers have not left. */
  openCalls(): unknown[] {
    return [...this.#places].flatMap(([name, { known }]) =>
      [...(known?.calls.keys() ?? [])].map((call) => [name, call]),
    );
  }

  #turn({ client, did, heard }: Turn): void {
    const place = this.#place(client);
    const message = Array.isArray(did) ? (did as Line) : [];
    if (did === CONNECTS) this.#places.set(client, { known: undefined, isConnected: true, isClosed: false });
    if (did === DISCONNECTS) this.#places.delete(client);
    const expected = message[0] === 16 && place.known !== undefined ? this.#eventsFor(client, message) : [];
    if (place.known !== undefined) note(place.known, message);
    this.#checkEvents(expected, heard);
    for (const [name, told] of heard) this.#told(this.#place(name), name, told);
    if (message[0] === 3) place.known = undefined;
    if (message[0] === 48 && place.known !== undefined) this.#checkCarried(message, heard);
  }

  #place(client: string): Place {
    return this.#places.get(client) ?? { known: undefined, isConnected: false, isClosed: false };
  }

  #told(place: Place, name: string, told: Line | "closed"): void {
    check(place.isConnected && !place.isClosed, `${name} hears ${JSON.stringify(told)} on a transport that is closed`);
    if (told === "closed") {
      place.isClosed = true;
      place.known = undefined;
      return;
    }
    const [type, first] = told;
    checkKeys(told);
    if (type === 2) {
      check(place.known === undefined, "a second WELCOME");
      check(!this.#sessionIds.has(first), "a session id for the second time");
      this.#sessionIds.add(first);
      place.known = newSession();
    } else if (type === 3 || type === 6) place.known = undefined;
    else {
      check(place.known !== undefined, `${name} hears ${JSON.stringify(told)} without a session`);
      this.#toldInSession(place.known as Known, told);
    }
  }

  #toldInSession(known: Known, [type, first, second, ...rest]: Line): void {
    if (type === 33) this.#checkShared("subscriptions", known, first, second);
    if (type === 65) this.#checkShared("registrations", known, first, second);
    if (type === 35) known.subscriptions.delete(known.ending.get(first));
    if (type === 67) known.registrations.delete(known.ending.get(first));
    if (type === 68) {
      check(first === ++known.lastInvocation, "INVOCATION.Request is not the next one");
      check(known.registrations.has(second), "INVOCATION for a registration the session does not hold");
    }
    if (type === 50) answered(known, first, rest[0], (second as { progress?: boolean }).progress !== true);
    if (type === 8 && first === 48) answered(known, second, rest[1] === "com.app.error" ? rest[2] : undefined, true);
  }

  /** Sessions with the same subscription or registration have the same id, and no other one has this id (ID-09). */
  #checkShared(what: "subscriptions" | "registrations", known: Known, request: unknown, id: unknown): void {
    const asked = known.asked.get(request) as Held;
    for (const { known: other } of this.#places.values()) {
      for (const [otherId, held] of other?.[what] ?? []) {
        const isSame = held.uri === asked.uri && held.match === asked.match;
        check(isSame === (otherId === id), `${what}: ${JSON.stringify(held)} is ${otherId}`);
      }
    }
    known[what].set(id, asked);
  }

  #eventsFor(publisher: string, [, , options, topic, args]: Line): unknown[] {
    if (Array.isArray(options) || !isValidTopic(topic as string)) return [];
    const { exclude_me } = options as { exclude_me?: boolean };
    return [...this.#places].flatMap(([name, { known }]) => {
      if (known === undefined || (name === publisher && exclude_me !== false)) return [];
      const matching = [...known.subscriptions].filter(([, held]) => matches(held, topic as string));
      return matching.map(([id, { match }]) => [name, id, match === "exact" ? {} : { topic }, args]);
    });
  }

  /** Expects exactly these EVENTs, all with one new publication id. */
  #checkEvents(expected: readonly unknown[], heard: readonly Entry[]): void {
    const events = heard.filter(([, message]) => message[0] === 36);
    const actual = events.map(([name, [, subscription, , ...rest]]) => [name, subscription, ...rest]);
    check(sorted(actual) === sorted(expected), `expected the events ${sorted(expected)}`);
    const published = heard.filter(([, message]) => message[0] === 17 || message[0] === 36);
    const ids = new Set(published.map(([, message]) => message[2]));
    check(ids.size <= 1, "several publication ids");
    for (const id of ids) {
      check(!this.#publications.has(id), "a publication id for the second time");
      this.#publications.add(id);
    }
  }

  /** A CALL becomes one INVOCATION of a procedure that covers it, Arguments unchanged, or an error of its own. */
  #checkCarried([, request, , procedure, args]: Line, heard: readonly Entry[]): void {
    const invocations = heard.filter(([, message]) => message[0] === 68);
    const errors = heard.filter(([, message]) => message[0] === 8 && message[2] === request);
    check(invocations.length + errors.length === 1, "a CALL has neither or both of INVOCATION and ERROR");
    for (const [name, [, , registration, , carried]] of invocations as [string, Line][]) {
      const held = this.#place(name).known?.registrations.get(registration) as Held;
      check(matches(held, procedure as string), `the registration is for ${JSON.stringify(held)}`);
      check(sorted([carried]) === sorted([args]), "the Arguments have changed");
    }
  }
}

function newSession(): Known {
  const [asked, subscriptions, registrations] = [new Map(), new Map(), new Map()];
  return { asked, subscriptions, registrations, ending: new Map(), calls: new Map(), lastInvocation: 0 };
}

/** Records the request of a session. */
function note(known: Known, [type, request, options, uri, args]: Line): void {
  if (type === 32 || type === 64) {
    known.asked.set(request, { uri: uri as string, match: (options as { match?: Match })?.match ?? "exact" });
  }
  if (type === 34 || type === 66) known.ending.set(request, options);
  if (type === 48) known.calls.set(request, args);
}

function answered(known: Known, request: unknown, args: unknown, isFinal: boolean): void {
  check(known.calls.has(request), "an answer to a call that is not open");
  check(args === undefined || sorted([args]) === sorted([known.calls.get(request)]), "the answer to another call");
  if (isFinal) known.calls.delete(request);
}

/** Keys the router sends follow the rule for keys (MSG-11). */
function checkKeys(message: Line): void {
  const dicts = message.slice(1, 4).filter((element) => typeof element === "object" && !Array.isArray(element));
  const keys = dicts.flatMap((dict) => Object.keys(dict as object));
  for (const key of keys) check(/^[a-z][a-z0-9_]{2,}$/.test(key), `the key ${key}`);
}

function isValidTopic(uri: string): boolean {
  return /^[a-z]+(\.[a-z]+)*$/.test(uri) && uri.split(".")[0] !== "wamp";
}

function matches({ uri, match }: Held, concrete: string): boolean {
  if (match === "exact") return uri === concrete;
  if (match === "prefix") return concrete.startsWith(uri);
  const [own, others] = [uri.split("."), concrete.split(".")];
  return own.length === others.length && own.every((component, i) => component === "" || component === others[i]);
}

function sorted(values: readonly unknown[]): string {
  return JSON.stringify(values.map((value) => JSON.stringify(value)).sort());
}

function check(isRight: boolean, fault: string): void {
  if (!isRight) throw new Error(fault);
}
