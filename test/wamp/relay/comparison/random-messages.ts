/** Random messages of a client, as a seed decides: all that a client may send, with all options, and some that are wrong. */

import type { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { Person, Scene } from "./person.ts";
import { randomMetaCall } from "./random-meta-calls.ts";
import { maybe, randomExtras, randomOpaque, randomPayload } from "./random-options.ts";
import type { Received } from "./side.ts";

const TOPICS = ["com.a", "com.a.b", "com.b", "log.x", "log.y", "com.shown.x", "com.hidden.x", "com.trusted"];
const BAD_URIS = ["com..a", "com a", "wamp.x", "wamp", "#", "Com.A", ""];
const PATTERNS = [
  ...TOPICS.map((uri) => [uri, "exact"] as const),
  ...["com.", "com.a", "log.", "", "wamp."].map((uri) => [uri, "prefix"] as const),
  ...["com.", "com..b", "..", ".x"].map((uri) => [uri, "wildcard"] as const),
  ["log.", "prefix"] as const,
];
const META_TOPICS = [
  "wamp.session.on_join",
  "wamp.session.on_leave",
  "wamp.registration.on_create",
  "wamp.registration.on_register",
  "wamp.registration.on_unregister",
  "wamp.registration.on_delete",
  "wamp.subscription.on_create",
  "wamp.subscription.on_subscribe",
  "wamp.subscription.on_unsubscribe",
  "wamp.subscription.on_delete",
];
const PROCEDURES = ["com.a", "com.b", "com.queued", "com.shared", "com.shown.x", "com.hidden.x", "com.trusted"];
const PROCEDURE_PATTERNS = [
  ...PROCEDURES.map((uri) => [uri, "exact"] as const),
  ...["com.", "com.sh"].map((uri) => [uri, "prefix"] as const),
  ["com.", "wildcard"] as const,
  ["auth.authorize", "exact"] as const,
  ["auth.authenticate", "exact"] as const,
];
const AUTHIDS = ["ann", "ben", "joe", "kim"];
const AUTHROLES = ["user", "admin", "guest", "checked"];

interface Intention {
  readonly weight: number;
  /** Returns a message, or undefined where the client has no ids for it. */
  say(person: Person, scene: Scene): Received | undefined;
}

/** Returns intentions with weights that differ from seed to seed, so that some conversations are about few things. */
export function randomIntentions(random: SeededRandom): readonly Intention[] {
  return INTENTIONS.map((each) => ({ ...each, weight: each.weight * random.pick([0.1, 1, 1, 1, 3]) }));
}

const INTENTIONS: readonly Intention[] = [
  { weight: 9, say: (person, { random }) => subscribe(person, random) },
  { weight: 4, say: (person, scene) => unsubscribe(person, scene) },
  { weight: 16, say: publish },
  { weight: 8, say: register },
  { weight: 3, say: (person, scene) => unregister(person, scene) },
  { weight: 16, say: (person, { random }) => call(person, random) },
  { weight: 4, say: continueInput },
  { weight: 5, say: cancel },
  { weight: 20, say: (person, scene) => answer(person, scene) },
  { weight: 10, say: randomMetaCall },
  { weight: 0.7, say: () => [6, {}, "wamp.close.close_realm"] },
  { weight: 0.2, say: () => [6, { message: "bye" }, "wamp.close.logout"] },
  { weight: 0.3, say: () => [3, { message: "no" }, "com.giving_up"] },
  { weight: 0.1, say: () => [5, "signature", {}] },
  { weight: 0.1, say: () => [1, "realm1", { roles: { caller: {} } }] },
];

function subscribe(person: Person, random: SeededRandom): Received {
  const isMeta = random.chance(0.25);
  const [uri, match] = isMeta ? ([random.pick(META_TOPICS), "exact"] as const) : random.pick(PATTERNS);
  const options = {
    ...(match === "exact" ? maybe(random, 0.2, { match }) : { match }),
    ...maybe(random, 0.3, { get_retained: true }),
    ...maybe(random, 0.15, { nkey: random.pick(["n1", "n2", "n3", ""]) }),
    ...randomExtras(random),
  };
  return [32, person.nextRequest(), options, random.chance(0.04) ? random.pick(BAD_URIS) : uri];
}

function unsubscribe(person: Person, { random, people }: Scene): Received {
  const own = [...person.subscriptions.keys()];
  // An authorizer may hold the message until the id means another subscription.
  const others = person.isChecked ? [] : people.flatMap(({ subscriptions }) => [...subscriptions.keys()]);
  const id = random.chance(0.9) && own.length > 0 ? random.pick(own) : random.pick([...others, 77, 2 ** 52]);
  return [34, person.nextRequest(), id, ...(random.chance(0.1) ? [{}] : [])];
}

function publish(person: Person, { random, people }: Scene): Received {
  const { options: opaque, payload } = randomOpaque(random);
  const sessions = people.flatMap(({ session }) => (session === undefined ? [] : [session]));
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random.chance(0.5));
  const options = {
    ...opaque,
    ...maybe(random, 0.5, { acknowledge: true }),
    ...maybe(random, 0.4, { exclude_me: false }),
    ...maybe(random, 0.15, { disclose_me: true }),
    ...maybe(random, 0.2, { retain: true }),
    ...maybe(random, 0.05, { _retained_ttl: 10 }),
    ...maybe(random, 0.1, { exclude: some([...sessions, 99]) }),
    ...maybe(random, 0.1, { eligible: some([...sessions, 99]) }),
    ...maybe(random, 0.05, { exclude_authid: some(AUTHIDS) }),
    ...maybe(random, 0.05, { exclude_authrole: some(AUTHROLES) }),
    ...maybe(random, 0.05, { eligible_authid: some(AUTHIDS) }),
    ...maybe(random, 0.05, { eligible_authrole: some(AUTHROLES) }),
    ...maybe(random, 0.2, { rkey: random.pick(["r1", "r2", "r3", ""]) }),
    ...maybe(random, 0.02, { transaction_hash: "0x77" }),
    ...randomExtras(random),
  };
  const topic = random.chance(0.04) ? random.pick([...BAD_URIS, ...META_TOPICS]) : random.pick(TOPICS);
  return [16, person.nextRequest(), options, topic, ...payload];
}

/** Policies except `random`, whose choices differ; as do those of `partition`, which depend on ids. */
const POLICIES = ["single", "first", "last", "roundrobin", "roundrobin"];
/** Over relays the turn of a registration is lost when the core sleeps (docs/relays.md). */
const LASTING_POLICIES = POLICIES.slice(0, 3);

function register(person: Person, { random, sleeps }: Scene): Received {
  const [uri, match] = random.pick(PROCEDURE_PATTERNS);
  // Sessions at different objects ask in no particular order, so that it may not matter which of them is served.
  if (uri.startsWith("auth.")) return [64, person.nextRequest(), {}, uri];
  const options = {
    ...(match === "exact" ? {} : { match }),
    ...maybe(random, 0.6, { invoke: random.pick(sleeps ? LASTING_POLICIES : POLICIES) }),
    ...maybe(random, 0.3, { concurrency: 1 + random.below(2) }),
    ...maybe(random, 0.1, { force_reregister: true }),
    ...maybe(random, 0.1, { disclose_caller: true }),
    ...maybe(random, 0.2, { forward_timeout: true }),
    ...randomExtras(random),
  };
  return [64, person.nextRequest(), options, random.chance(0.04) ? random.pick(BAD_URIS) : uri];
}

function unregister(person: Person, { random, people }: Scene): Received {
  const own = [...person.registrations.keys()];
  const others = people.flatMap(({ registrations }) => [...registrations.keys()]);
  const id = random.chance(0.9) && own.length > 0 ? random.pick(own) : random.pick([...others, 77, 2 ** 52]);
  return [66, person.nextRequest(), id, ...(random.chance(0.1) ? [{}] : [])];
}

function call(person: Person, random: SeededRandom): Received {
  const { options: opaque, payload } = randomOpaque(random);
  const options = {
    ...opaque,
    ...maybe(random, 0.3, { receive_progress: true }),
    ...maybe(random, 0.2, { progress: true }),
    ...maybe(random, 0.15, { disclose_me: true }),
    ...maybe(random, 0.25, { timeout: random.pick([0, 50, 5_000, 60_000]) }),
    ...maybe(random, 0.02, { runmode: "all" }),
    ...maybe(random, 0.02, { rkey: "x" }),
    ...randomExtras(random),
  };
  const isUsed = person.calls.size > 0 && !person.isChecked && random.chance(0.02);
  const request = isUsed ? random.pick([...person.calls.keys()]) : person.nextRequest();
  return [
    48,
    request,
    options,
    random.chance(0.04) ? random.pick([...BAD_URIS, "com.none"]) : random.pick(PROCEDURES),
    ...payload,
  ];
}

function continueInput(person: Person, { random }: Scene): Received | undefined {
  const open = [...person.calls].filter(([, { isInputOpen }]) => isInputOpen);
  if (open.length === 0) return undefined;
  const [request, { procedure }] = random.pick(open);
  const uri = random.chance(0.95) ? procedure : "com.b";
  return [
    48,
    request,
    { ...maybe(random, 0.6, { progress: true }), ...randomExtras(random) },
    uri,
    ...randomPayload(random),
  ];
}

function cancel(person: Person, { random }: Scene): Received {
  const requests = [...person.calls.keys()];
  const isKnown = requests.length > 0 && random.chance(0.95);
  const request = isKnown ? random.pick(requests) : 1 + random.below(person.request + 2);
  return [
    49,
    request,
    { ...maybe(random, 0.7, { mode: random.pick(["skip", "kill", "killnowait"]) }), ...randomExtras(random) },
  ];
}

const DECISIONS = [
  true,
  true,
  true,
  true,
  { allow: true },
  false,
  { allow: true },
  { allow: true, disclose: true, cache: true },
  { allow: false, grantable: true },
  "x",
];
const GRANTS = [{ role: "user", authid: "dyn" }, "user", { role: "none" }, { role: "checked", authid: "dyn2" }, 7];

/** Returns the answer to an invocation, or to none. */
export function answer(person: Person, { random }: Scene, isWanted = (_: string) => true): Received | undefined {
  if (random.chance(0.02)) return [70, 1 + random.below(person.invocations.size + 2), {}, ["late"]];
  const open = [...person.invocations].filter(([, { procedure }]) => isWanted(procedure));
  if (open.length === 0) return undefined;
  const [request, { procedure }] = random.pick(open);
  if (random.chance(0.2)) return [70, request, { progress: true }, ...randomPayload(random)];
  person.invocations.delete(request);
  if (random.chance(0.25)) {
    const error = random.pick(["com.error", "com.error", "wamp.error.canceled", "wamp.error.unavailable", "not a uri"]);
    return [
      8,
      68,
      request,
      {},
      error === "not a uri" && random.chance(0.8) ? "com.error" : error,
      ...randomPayload(random),
    ];
  }
  if (procedure === "auth.authorize") return [70, request, {}, [random.pick<unknown>(DECISIONS)]];
  if (procedure === "auth.authenticate") return [70, request, {}, [random.pick<unknown>(GRANTS)]];
  const { options, payload } = randomOpaque(random);
  return [70, request, options, ...payload];
}
