/** Random calls of the router's own procedures. */

import type { Person, Scene } from "./person.ts";
import { maybe, randomPayload } from "./random-options.ts";
import type { Received } from "./side.ts";

const UNKNOWN = 2 ** 52 + 7;

/** The arguments of a call. */
type Arguments = readonly [args: readonly unknown[], kwargs?: Record<string, unknown>];

interface MetaCall {
  readonly weight: number;
  readonly uri: string;
  arguments(person: Person, scene: Scene): Arguments;
}

const none = (): Arguments => [[]];
const roles = (_: Person, { random }: Scene): Arguments => [
  random.chance(0.5) ? [] : [random.pick<unknown>([["user", "guest"], [], ["none"], 7])],
];
const session = (_: Person, scene: Scene): Arguments => [[sessionOf(scene)]];
const reasons = ({ random }: Scene) => ({
  ...maybe(random, 0.4, { reason: random.pick(["com.reason", "com.reason", "no uri"]) }),
  ...maybe(random, 0.3, { message: "bye" }),
});

const CALLS: readonly MetaCall[] = [
  { weight: 2, uri: "wamp.session.list", arguments: roles },
  { weight: 2, uri: "wamp.session.get", arguments: session },
  {
    weight: 1,
    uri: "wamp.session.modify_details",
    arguments: (_, scene) => [
      [sessionOf(scene), scene.random.pick<unknown>([{ room: 1 }, { authid: "x" }, { room: null }, 7])],
    ],
  },
  { weight: 0.6, uri: "wamp.session.kill", arguments: (_, scene) => [[sessionOf(scene)], reasons(scene)] },
  {
    weight: 0.15,
    uri: "wamp.session.kill_by_authid",
    arguments: (_, scene) => [[scene.random.pick<unknown>(["ann", "joe", 7])], reasons(scene)],
  },
  {
    weight: 0.1,
    uri: "wamp.session.kill_by_authrole",
    arguments: (_, scene) => [[scene.random.pick<unknown>(["user", "guest", 7])], reasons(scene)],
  },
  { weight: 0.05, uri: "wamp.session.kill_all", arguments: (_, scene) => [[], reasons(scene)] },
  {
    weight: 2,
    uri: "wamp.registration.list",
    arguments: (_, scene) => [scene.random.chance(0.5) ? [] : [sessionOf(scene)]],
  },
  {
    weight: 1,
    uri: "wamp.registration.lookup",
    arguments: (_, { random }) => [
      [
        random.pick<unknown>(["com.a", "com.", 7]),
        maybe(random, 0.5, { match: random.pick(["prefix", "exact", "x"]) }),
      ],
    ],
  },
  {
    weight: 1,
    uri: "wamp.registration.match",
    arguments: (_, { random }) => [[random.pick<unknown>(["com.a", "com.shared", "com.x", "com..a", "wamp.x"])]],
  },
  { weight: 1, uri: "wamp.registration.get", arguments: (_, scene) => [[registrationOf(scene)]] },
  { weight: 1, uri: "wamp.registration.list_callees", arguments: (_, scene) => [[registrationOf(scene)]] },
  { weight: 1, uri: "wamp.registration.count_callees", arguments: (_, scene) => [[registrationOf(scene)]] },
  {
    weight: 1,
    uri: "wamp.registration.remove_callee",
    arguments: (_, scene) => [
      [registrationOf(scene), sessionOf(scene)],
      maybe(scene.random, 0.5, { reason: "com.reason" }),
    ],
  },
  {
    weight: 2,
    uri: "wamp.subscription.list",
    arguments: (_, scene) => [scene.random.chance(0.5) ? [] : [sessionOf(scene)]],
  },
  {
    weight: 1,
    uri: "wamp.subscription.lookup",
    arguments: (_, { random }) => [
      [
        random.pick<unknown>(["com.a", "com.", 7]),
        maybe(random, 0.5, { match: random.pick(["prefix", "exact", "x"]) }),
      ],
    ],
  },
  {
    weight: 1,
    uri: "wamp.subscription.match",
    arguments: (_, { random }) => [
      [random.pick<unknown>(["com.a", "log.x", "com.a.b", "com..a", "wamp.session.on_join"])],
    ],
  },
  { weight: 2, uri: "wamp.subscription.get", arguments: (person, scene) => [[subscriptionOf(person, scene)]] },
  {
    weight: 1,
    uri: "wamp.subscription.list_subscribers",
    arguments: (person, scene) => [[subscriptionOf(person, scene)]],
  },
  {
    weight: 1,
    uri: "wamp.subscription.count_subscribers",
    arguments: (person, scene) => [[subscriptionOf(person, scene)]],
  },
  {
    weight: 1,
    uri: "wamp.subscription.remove_subscriber",
    arguments: (person, scene) => [
      [subscriptionOf(person, scene), sessionOf(scene)],
      maybe(scene.random, 0.5, { reason: "com.reason" }),
    ],
  },
  {
    weight: 3,
    uri: "wamp.subscription.get_events",
    arguments: (person, scene) => [
      [subscriptionOf(person, scene), ...(scene.random.chance(0.3) ? [scene.random.pick<unknown>([1, 2, "x"])] : [])],
      historyOf(scene),
    ],
  },
  {
    weight: 1,
    uri: "wamp.edge.retained.remove",
    arguments: (_, { random }) => [[random.pick<unknown>(["com.a", "com.a.b", "log.x", "com..a", 7])]],
  },
  { weight: 3, uri: "wamp.session.add_testament", arguments: (_, scene) => testamentOf(scene) },
  {
    weight: 0.7,
    uri: "wamp.session.flush_testaments",
    arguments: (_, { random }) => [[], maybe(random, 0.5, { scope: random.pick(["destroyed", "detached", "x"]) })],
  },
  { weight: 0.3, uri: "wamp.edge.role.list", arguments: none },
  {
    weight: 0.3,
    uri: "wamp.edge.role.get",
    arguments: (_, { random }) => [[random.pick<unknown>(["user", "guest", "none", 7])]],
  },
  {
    weight: 0.3,
    uri: "wamp.edge.role.add",
    arguments: (_, { random }) => [
      [random.pick(["guest", "new"]), { permissions: random.pick([[RULE], [], [{ uri: "" }]]) }],
    ],
  },
  {
    weight: 0.2,
    uri: "wamp.edge.role.remove",
    arguments: (_, { random }) => [[random.pick(["guest", "new", "none"])]],
  },
  {
    weight: 0.3,
    uri: "wamp.edge.role.reset",
    arguments: (_, { random }) => [[random.pick(["guest", "user", "new", "none"])]],
  },
  {
    weight: 0.3,
    uri: "wamp.edge.permission.list",
    arguments: (_, { random }) => [[random.pick(["guest", "user", "none"])]],
  },
  {
    weight: 0.4,
    uri: "wamp.edge.permission.add",
    arguments: (_, { random }) => [
      [random.pick(["guest", "user"]), random.pick<unknown>([RULE, DENIAL, { uri: "x..y" }])],
    ],
  },
  {
    weight: 0.4,
    uri: "wamp.edge.permission.remove",
    arguments: (_, { random }) => [
      [random.pick(["guest", "user"]), "com.a", { match: random.pick(["prefix", "exact"]) }],
    ],
  },
  { weight: 0.5, uri: "wamp.session.unknown", arguments: none },
];

const RULE = { uri: "com.b", match: "exact", allow: { call: true, publish: true, subscribe: true } };
const DENIAL = { uri: "com.a", match: "prefix", allow: { call: true } };

/** Returns a CALL of one of them. */
export function randomMetaCall(person: Person, scene: Scene): Received {
  const { random } = scene;
  const { uri, arguments: argumentsOf } = random.weighted(CALLS);
  const options = {
    ...maybe(random, 0.1, { receive_progress: true }),
    ...maybe(random, 0.02, { progress: true }),
    ...maybe(random, 0.05, { disclose_me: true }),
    ...maybe(random, 0.02, { ppt_scheme: "x_scheme" }),
    ...maybe(random, 0.05, { timeout: 1 }),
  };
  const payload = random.chance(0.02) ? randomPayload(random) : argumentsOf(person, scene);
  return [48, person.nextRequest(), options, uri, ...payload];
}

function sessionOf({ random, people }: Scene): unknown {
  const known = people.flatMap((each) => (each.session === undefined ? [] : [each.session]));
  return random.chance(0.9) && known.length > 0
    ? random.pick(known)
    : (random.pick<unknown>([UNKNOWN, "x", 0, undefined]) ?? null);
}

/** What an authorizer decides on must be known at the relay of the caller. */
function subscriptionOf(person: Person, { random, people }: Scene): unknown {
  const known = (person.isChecked ? [person] : people).flatMap(({ subscriptions }) => [...subscriptions.keys()]);
  return random.chance(0.9) && known.length > 0 ? random.pick(known) : random.pick<unknown>([UNKNOWN, "x", null]);
}

function registrationOf({ random, people }: Scene): unknown {
  const known = people.flatMap(({ registrations }) => [...registrations.keys()]);
  return random.chance(0.9) && known.length > 0 ? random.pick(known) : random.pick<unknown>([UNKNOWN, "x", null]);
}

function historyOf({ random }: Scene): Record<string, unknown> {
  return {
    ...maybe(random, 0.3, { reverse: true }),
    ...maybe(random, 0.2, { limit: random.pick<unknown>([1, 2, 0]) }),
    ...maybe(random, 0.2, { topic: random.pick(["log.x", "com.a"]) }),
    ...maybe(random, 0.1, { from_time: "1970-01-01T00:17:00.000Z" }),
    ...maybe(random, 0.1, { until_time: random.pick(["1970-01-01T00:18:00Z", "yesterday"]) }),
    ...maybe(random, 0.1, { after_publication: UNKNOWN }),
  };
}

function testamentOf({ random, people }: Scene): Arguments {
  const sessions = people.flatMap((each) => (each.session === undefined ? [] : [each.session]));
  const options = {
    ...maybe(random, 0.3, { retain: true }),
    ...maybe(random, 0.2, { exclude: sessions.slice(0, 1) }),
    ...maybe(random, 0.1, { eligible_authrole: ["user"] }),
    ...maybe(random, 0.1, { disclose_me: true }),
    ...maybe(random, 0.1, { acknowledge: true }),
    ...maybe(random, 0.05, { exclude_me: 7 }),
  };
  const topic = random.pick<unknown>(["com.a", "com.b", "log.x", "com.hidden.x", "com..a", 7]);
  return [
    [topic, ["will"], { k: 1 }].slice(0, 1 + random.below(3)),
    {
      ...maybe(random, 0.6, { publish_options: options }),
      ...maybe(random, 0.4, { scope: random.pick(["destroyed", "detached", "x"]) }),
    },
  ];
}
