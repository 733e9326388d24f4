/** Random configurations, roles, options and payloads, most of them valid. */

import type { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { RealmInput } from "../../../../src/wamp/config/realm.ts";
import { ANYTHING } from "../../host/test-realm.ts";

type Dict = Record<string, unknown>;

const EVERY_ACTION = { call: true, register: true, publish: true, subscribe: true };

/** Roles: two that may do almost everything, one that manages, one with few rights, one whose rights a client decides. */
const ROLES = [
  {
    name: "user",
    permissions: [
      ANYTHING,
      { uri: "com.shown.", match: "prefix", allow: EVERY_ACTION, disclose: { caller: true, publisher: true } },
      { uri: "com.hidden.", match: "prefix", allow: EVERY_ACTION, disclose: { caller: false, publisher: false } },
      { uri: "com.trusted", allow: EVERY_ACTION, trustlevel: 3 },
    ],
  },
  { name: "other", permissions: [ANYTHING] },
  {
    name: "admin",
    permissions: [ANYTHING, { uri: "wamp.edge.", match: "prefix", allow: EVERY_ACTION }],
    console: true,
  },
  {
    name: "guest",
    permissions: [
      { uri: "com.a", match: "prefix", allow: { call: true, publish: true, subscribe: true } },
      { uri: "log.", match: "prefix", allow: { subscribe: true } },
      { uri: "wamp.", match: "prefix", allow: { subscribe: true } },
      { uri: "wamp.session.count", allow: { call: true } },
      { uri: "wamp.session.add_testament", allow: { call: true } },
      { uri: "com.b", allow: {}, grantable: true },
    ],
  },
  { name: "checked", authorizer: "auth.authorize", "authorizer-cache": 0 },
] as const;

const SMALL_LIMITS = {
  subscriptions_per_session: 3,
  registrations_per_session: 2,
  testaments_per_session: 1,
  testament_bytes: 400,
  failed_logins: 2,
};

/** Returns the configuration of a realm. */
export function randomConfig(random: SeededRandom): Partial<RealmInput> {
  const config = usualConfig(random);
  if (random.chance(0.9)) return config;
  // Also a bound of the router's own calls of authorizers and authenticators, of which each object makes its own.
  const limits = { pending_calls_per_session: 3 };
  const roles = ROLES.map((role) => (role.name === "checked" ? { name: "checked", permissions: [ANYTHING] } : role));
  const anonymous = { type: "static", role: "user" } as const;
  const { wampcra: _, ...auth } = config.auth!;
  return { ...config, limits, roles, auth: { ...auth, anonymous } };
}

function usualConfig(random: SeededRandom): Partial<RealmInput> {
  const anonymous = random.chance(0.2)
    ? { type: "dynamic", authenticator: "auth.authenticate" }
    : { type: "static", role: random.pick(["user", "user", "guest", "checked"]) };
  return {
    options: {
      enable_meta_api: random.chance(0.9),
      resume: { time: 60, buffer: { messages: 200 } },
      ...maybe(random, 0.1, { request_id_check: "strict" }),
      ...maybe(random, 0.1, { role_check: "strict" }),
      ...maybe(random, 0.1, { uri_check: "strict" }),
      ...maybe(random, 0.2, { call_timeout: { default: 20_000, maximum: 40_000 } }),
      ...maybe(random, 0.05, { call_timeout: { forward: true } }),
    },
    limits: random.chance(0.2) ? SMALL_LIMITS : {},
    roles: ROLES,
    auth: {
      anonymous,
      ticket: {
        type: "static",
        principals: {
          joe: { ticket: "joes", role: "user" },
          eve: { ticket: "eves", role: "checked" },
          kim: { ticket: "kims", role: "admin" },
        },
      },
      wampcra: { type: "dynamic", authenticator: "auth.authenticate" },
      ...maybe(random, 0.4, { cookie: {} }),
    },
    store: {
      "event-history": [
        { uri: "log.", match: "prefix", limit: 5 },
        { uri: "com.a", limit: 3, ...maybe(random, 0.3, { max_age: 20 }) },
      ],
      "call-queue": [{ uri: "com.queued", limit: 2 }],
      retain: {
        decline: [{ uri: "com.b" }],
        ...maybe(random, 0.2, { limit: 2 }),
        ...maybe(random, 0.2, { max_age: 30 }),
        ...maybe(random, 0.2, { replay: 2 }),
      },
    },
  } as Partial<RealmInput>;
}

/** Returns `dict` in a share of the cases, else an empty one. */
export function maybe(random: SeededRandom, share: number, dict: Dict): Dict {
  return random.chance(share) ? dict : {};
}

const FEATURES = {
  publisher: ["payload_passthru_mode"],
  subscriber: ["subscription_revocation"],
  caller: ["progressive_call_invocations", "payload_passthru_mode"],
  callee: [
    "call_canceling",
    "progressive_call_results",
    "progressive_call_invocations",
    "call_timeout",
    "call_reroute",
    "registration_revocation",
    "payload_passthru_mode",
  ],
};

/** Returns the roles of HELLO with features. */
export function randomRoles(random: SeededRandom): Dict {
  const share = random.pick([0, 0.5, 1, 1]);
  return Object.fromEntries(
    Object.entries(FEATURES)
      .filter(() => random.chance(0.95))
      .map(([role, features]) => [
        role,
        { features: Object.fromEntries(features.filter(() => random.chance(share)).map((name) => [name, true])) },
      ]),
  );
}

/** Returns Arguments and ArgumentsKw, or none. */
export function randomPayload(random: SeededRandom): unknown[] {
  const args = random.pick<unknown[]>([
    [],
    [random.below(1_000)],
    ["text", null, true],
    [{ a: [1, 2.5, { b: "c" }] }],
    [new Uint8Array([1, 2, random.below(256)])],
    [-1.5, 2 ** 40, "\u0000not base64", "é"],
  ]);
  if (random.chance(0.02)) return [["large".repeat(2_000)]];
  if (random.chance(0.3)) return [];
  return random.chance(0.3) ? [args, { k: random.below(10), deep: { x: [] } }] : [args];
}

/** The options of an opaque payload, and the payload; none for most messages. */
export function randomOpaque(random: SeededRandom): { readonly options: Dict; readonly payload: unknown[] } {
  const roll = random.next();
  const bytes = new Uint8Array([9, random.below(256)]);
  if (roll < 0.03) return { options: { enc_algo: "x_own", enc_key: "k" }, payload: [bytes] };
  if (roll > 0.07) return { options: {}, payload: randomPayload(random) };
  const options = { ppt_scheme: "x_scheme", ppt_serializer: "cbor", ...maybe(random, 0.5, { ppt_keyid: "key" }) };
  return { options, payload: random.chance(0.9) ? [[bytes]] : randomPayload(random) };
}

/** Options that have no effect: unknown ones, those of routers, and known ones whose values mean that they are absent. */
export function randomExtras(random: SeededRandom): Dict {
  if (random.chance(0.9)) return {};
  return random.pick<Dict>([
    { forward_for: [{ session: 7, authid: "far", authrole: "router" }] },
    { x_own: { deep: [1] } },
    { acknowledge: null, receive_progress: null, get_retained: null, mode: null, concurrency: null },
    { match: "", invoke: "", exclude_authid: null, eligible: null, timeout: null },
    { rkey: "r", nkey: "n" },
  ]);
}

const JUNK: readonly unknown[] = [
  null,
  [],
  {},
  -1,
  0,
  1.5,
  "x",
  "",
  true,
  2 ** 53,
  [1],
  ["x"],
  { a: 1 },
  "a..b",
  "wamp",
];
const KNOWN_OPTIONS =
  "acknowledge exclude_me disclose_me retain exclude exclude_authid eligible eligible_authrole rkey nkey match get_retained timeout receive_progress progress runmode mode invoke concurrency force_reregister disclose_caller forward_timeout ppt_scheme ppt_serializer enc_algo forward_for _retained_ttl transaction_hash unknown".split(
    " ",
  );

/** Returns a message with one fault, or with one thing that need not be a fault. */
export function spoil(message: readonly unknown[], random: SeededRandom): readonly unknown[] {
  const index = random.below(message.length);
  const roll = random.next();
  if (roll < 0.15) return message.toSpliced(index, 1);
  if (roll < 0.25) return [...message, random.pick(JUNK)];
  if (roll < 0.5) return message.with(index, random.pick(JUNK));
  const options = message.findIndex((each) => typeof each === "object" && each !== null && !Array.isArray(each));
  if (options < 0) return message.with(index, random.pick(JUNK));
  return message.with(options, { ...(message[options] as Dict), [random.pick(KNOWN_OPTIONS)]: random.pick(JUNK) });
}
