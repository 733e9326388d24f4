/** Testaments: adding, flushing, and publication when the session ends. */

import { describe, expect, test } from "vitest";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";

const TOPIC = "com.myapp.mytopic";

/** A subscriber of `TOPIC` (session 1), and the owner of testaments (session 2). */
function testRealmOf(input: ConstructorParameters<typeof TestRealm>[0] = {}) {
  const realm = new TestRealm(input);
  const [subscriber, owner] = realm.joinAll("subscriber", "owner");
  subscriber.send([32, 1, {}, TOPIC]);
  realm.take();
  return { realm, subscriber, owner };
}

let request = 100;

/** Calls add_testament; returns the answer. */
function add(realm: TestRealm, owner: Client, args: unknown[], kwargs: object = {}): Line | undefined {
  return call(realm, owner, "wamp.session.add_testament", args, kwargs);
}

function flush(realm: TestRealm, owner: Client, kwargs: object = {}): Line | undefined {
  return call(realm, owner, "wamp.session.flush_testaments", [], kwargs);
}

function call(realm: TestRealm, caller: Client, procedure: string, args: unknown[], kwargs: object): Line | undefined {
  caller.send([48, ++request, {}, procedure, args, kwargs]);
  const replies = realm.take();
  expect(replies).toHaveLength(1);
  return replies[0]?.[1] as Line;
}

const done = () => [50, request, {}];
const refused = (uri: string) => [8, 48, request, {}, uri, expect.any(Array)];

/** Returns the receiver and the payload of each recorded event. */
const events = (recording: Entry[]) =>
  recording.flatMap(([client, line]) => (Array.isArray(line) && line[0] === 36 ? [[client, ...line.slice(4)]] : []));

describe("adding a testament", () => {
  test("[TST-01][TST-04] add_testament takes topic, args and kwargs, and returns no result", () => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, [TOPIC, ["Seeya!"], { my_name: "app1" }])).toStrictEqual(done());
    owner.disconnect();
    const [[subscriber, event]] = realm.take() as [[string, Line]];
    expect([subscriber, event]).toStrictEqual([
      "subscriber",
      [36, expect.any(Number), expect.any(Number), {}, ["Seeya!"], { my_name: "app1" }],
    ]);
  });

  test.each([
    [[TOPIC], []],
    [[TOPIC, null, null], []],
    [[TOPIC, [], {}], []],
    [[TOPIC, [1]], [[1]]],
    [
      [TOPIC, [], { a: 1 }],
      [[], { a: 1 }],
    ],
  ])("[TST-01] a testament %j is published with the payload %j", (args, payload) => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, args)).toStrictEqual(done());
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["subscriber", ...payload]]);
  });

  test.each([
    [[], {}],
    [[1], {}],
    [[TOPIC, "text"], {}],
    [[TOPIC, [], []], {}],
    [[TOPIC], { publish_options: [] }],
    [[TOPIC], { publish_options: { exclude: 1 } }],
    [[TOPIC], { publish_options: { retain: "yes" } }],
    [[TOPIC], { publish_options: { eligible_authrole: [1] } }],
    [[TOPIC], { publish_options: { ppt_scheme: "x_custom" } }],
    [[TOPIC], { scope: 1 }],
  ])("[TST-03] add_testament with %j and %j is refused, as an equal PUBLISH would be", (args, kwargs) => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, args, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test.each([[{ scope: "x" }], [{ scope: "" }]])(
    "[TST-02] add_testament and flush_testaments with %j are refused",
    (kwargs) => {
      const { realm, owner } = testRealmOf();
      expect(add(realm, owner, [TOPIC], kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
      expect(flush(realm, owner, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    },
  );

  test("[TST-03] publish_options act as in PUBLISH, and acknowledge has no effect", () => {
    const { realm, subscriber, owner } = testRealmOf();
    const options = { retain: true, disclose_me: true, acknowledge: true, unknown: 1 };
    add(realm, owner, [TOPIC, ["for all"]], { publish_options: options });
    add(realm, owner, [TOPIC, ["not for you"]], { publish_options: { exclude: [1] } });
    add(realm, owner, [TOPIC, ["for you"]], { publish_options: { eligible: [1], exclude_authrole: null } });
    owner.disconnect();
    const recording = realm.take();
    expect(events(recording)).toStrictEqual([
      ["subscriber", ["for all"]],
      ["subscriber", ["for you"]],
    ]);
    expect(recording[0]?.[1][3]).toMatchObject({ publisher: 2 });
    subscriber.send([32, 2, { get_retained: true }, TOPIC]);
    expect(realm.take()[1]?.[1].slice(3)).toMatchObject([{ retained: true }, ["for all"]]);
  });

  test("[TST-03] a testament with a binary passthru payload is published unchanged", () => {
    const realm = new TestRealm();
    const passthru = { features: { payload_passthru_mode: true } };
    const subscriber = realm.join("subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    const owner = realm.join("owner", { ...ALL_ROLES, publisher: passthru });
    const publish_options = { ppt_scheme: "x_custom", ppt_keyid: "k" };
    realm.take();
    expect(add(realm, owner, [TOPIC, ["\u0000AAEC"]], { publish_options })).toStrictEqual(done());
    realm.restart();
    const late = realm.join("late");
    realm.take();
    late.send([32, 1, {}, TOPIC]);
    realm.take();
    const again = realm.join("again", { ...ALL_ROLES, publisher: passthru });
    realm.take();
    add(realm, again, [TOPIC, ["\u0000AAEC"]], { publish_options });
    again.disconnect();
    expect(realm.take()[0]?.[1].slice(3)).toStrictEqual([{ ppt_scheme: "x_custom", ppt_keyid: "k" }, ["\u0000AAEC"]]);
  });

  test("[TST-13] add_testament beyond the limits of count and size is refused, and earlier testaments stay", () => {
    const { realm, owner } = testRealmOf({ limits: { testaments_per_session: 2, testament_bytes: 500 } });
    expect(add(realm, owner, [TOPIC, [1]])).toStrictEqual(done());
    expect(add(realm, owner, [TOPIC, ["x".repeat(500)]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    expect(add(realm, owner, [TOPIC, [2]], { scope: "detached" })).toStrictEqual(done());
    expect(add(realm, owner, [TOPIC, [3]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([
      ["subscriber", [2]],
      ["subscriber", [1]],
    ]);
  });
});

describe("the owner of a testament", () => {
  const roles = [
    { name: "subscriber", permissions: [ANYTHING] },
    {
      name: "anonymous",
      permissions: [
        { uri: "wamp.", match: "prefix", allow: { call: true, publish: true } },
        { uri: "com.open", allow: { publish: true, subscribe: true } },
        { uri: "com.secret", allow: { publish: true, subscribe: true }, disclose: { publisher: false } },
      ],
    },
  ] as const;

  test("[TST-11] the owner of a testament needs the permission to publish when it is added", () => {
    const realm = new TestRealm({ roles });
    const owner = realm.join("owner");
    realm.take();
    expect(add(realm, owner, ["com.closed"])?.[4]).toBe("wamp.error.not_authorized");
    expect(add(realm, owner, ["wamp.session.on_join"])?.[4]).toBe("wamp.error.invalid_uri");
    expect(add(realm, owner, ["not valid"])?.[4]).toBe("wamp.error.invalid_uri");
    const publish_options = { disclose_me: true };
    expect(add(realm, owner, ["com.secret"], { publish_options })?.[4]).toBe(
      "wamp.error.option_disallowed.disclose_me",
    );
    expect(add(realm, owner, ["com.open"])).toStrictEqual(done());
    expect(realm.store.testaments.owners()).toHaveLength(1);
  });

  test("[TST-11] the permission is checked again when a testament is published, for each testament", () => {
    const realm = new TestRealm();
    const owner = realm.join("owner");
    realm.take();
    for (const topic of ["com.closed", "com.open", "com.closed"]) {
      add(realm, owner, [topic, [topic]], { publish_options: { retain: true } });
    }
    realm.restart({ roles });
    const subscriber = realm.join("subscriber");
    realm.take();
    subscriber.send([32, 1, { get_retained: true }, "com.open"]);
    expect(events(realm.take())).toStrictEqual([["subscriber", ["com.open"]]]);
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    realm.flush();
    expect(realm.store.retained.size().rows).toBe(1);
  });

  test("[TST-10] the owner of a testament is the calling session, with or without disclosure", () => {
    const { realm, subscriber, owner } = testRealmOf();
    const other = realm.join("other");
    realm.take();
    add(realm, owner, [TOPIC, ["the owner's"]]);
    add(realm, other, [TOPIC, ["the other's"]]);
    flush(realm, other);
    subscriber.send([34, 900, 1]);
    realm.take();
    other.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["subscriber", ["the owner's"]]]);
  });
});

describe("the order of testaments", () => {
  const four = (realm: TestRealm, owner: Client) => {
    add(realm, owner, [TOPIC, [1]], { scope: "destroyed" });
    add(realm, owner, [TOPIC, [2]], { scope: "detached" });
    add(realm, owner, [TOPIC, [3]]);
    add(realm, owner, [TOPIC, [4]], { scope: "detached" });
  };

  test("[TST-05][TST-08] testaments are published in the order they were added, detached before destroyed", () => {
    const { realm, owner } = testRealmOf();
    four(realm, owner);
    owner.disconnect();
    expect(events(realm.take()).map(([, args]) => args)).toStrictEqual([[2], [4], [1], [3]]);
  });

  test.each([
    [{}, [[2], [4]]],
    [{ scope: "destroyed" }, [[2], [4]]],
    [{ scope: "detached" }, [[1], [3]]],
  ])(
    "[TST-06][TST-07] flush_testaments with %j removes the testaments of one scope and keeps the other",
    (kwargs, left) => {
      const { realm, owner } = testRealmOf();
      four(realm, owner);
      expect(flush(realm, owner, kwargs)).toStrictEqual(done());
      owner.disconnect();
      expect(events(realm.take()).map(([, args]) => args)).toStrictEqual(left);
    },
  );

  test("[TST-06] flushing both scopes removes all testaments, and flushing none is not an error", () => {
    const { realm, owner } = testRealmOf();
    expect(flush(realm, owner)).toStrictEqual(done());
    four(realm, owner);
    flush(realm, owner);
    flush(realm, owner, { scope: "detached" });
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test("[TST-12] testaments are published after the session's subscriptions end and before wamp.session.on_leave", () => {
    const { realm, subscriber, owner } = testRealmOf();
    subscriber.send([32, 2, {}, "wamp.session.on_leave"]);
    owner.send([32, 3, {}, TOPIC]);
    realm.take();
    add(realm, owner, [TOPIC, ["bye"]], { publish_options: { exclude_me: false } });
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([
      ["subscriber", ["bye"]],
      ["subscriber", [2, expect.any(String), "anonymous"]],
    ]);
  });
});

describe("publication of a testament", () => {
  const ENDINGS: readonly (readonly [string, (realm: TestRealm, owner: Client, subscriber: Client) => void])[] = [
    ["GOODBYE", (_, owner) => owner.send([6, {}, "wamp.close.close_realm"])],
    ["a lost transport", (_, owner) => owner.disconnect()],
    ["ABORT", (_, owner) => owner.send([3, {}, "wamp.error.system"])],
    ["a protocol violation", (_, owner) => owner.send([16, "x"])],
    [
      "wamp.session.kill",
      (realm, _, subscriber) => subscriber.send([48, 900, {}, "wamp.session.kill", realm.store.testaments.owners()]),
    ],
    ["a restart of the object", (realm) => realm.restart()],
  ];

  test.each(ENDINGS)("[TST-09] a testament is published exactly once on %s", (_, end) => {
    for (const sleeps of [false, true]) {
      const { realm, subscriber, owner } = testRealmOf({ store: { "event-history": [{ uri: TOPIC }] } });
      add(realm, owner, [TOPIC, ["bye"]]);
      if (sleeps) realm.sleepAndWake();
      end(realm, owner, subscriber);
      expect(realm.store.testaments.owners()).toStrictEqual([]);
      owner.disconnect();
      realm.sleepAndWake();
      realm.restart();
      const [log] = realm.store.history.logs();
      expect([...realm.store.history.read(log?.id ?? 0, 10, false)]).toHaveLength(1);
    }
  });

  test("[TST-09] a testament is not published on wamp.session.kill_all", () => {
    const { realm, subscriber, owner } = testRealmOf();
    add(realm, owner, [TOPIC, ["bye"]]);
    subscriber.send([48, 900, {}, "wamp.session.kill_all"]);
    expect(events(realm.take())).toStrictEqual([]);
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    realm.restart();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test("[TST-09] sessions that only slept keep their testaments when those of others are published", () => {
    const { realm, owner } = testRealmOf();
    const other = realm.join("other");
    realm.take();
    add(realm, owner, [TOPIC, ["the owner's"]]);
    add(realm, other, [TOPIC, ["the other's"]]);
    // The connection is lost while the realm sleeps.
    realm.drop(other);
    realm.sleepAndWake();
    expect(events(realm.take())).toStrictEqual([["subscriber", ["the other's"]]]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["subscriber", ["the owner's"]]]);
  });

  test("[TST-09] a testament is published when its session sends GOODBYE, and a new HELLO on the connection has none", () => {
    const { realm, owner } = testRealmOf();
    add(realm, owner, [TOPIC, ["bye"]]);
    owner.send([6, {}, "wamp.close.close_realm"], [1, "realm1", { roles: ALL_ROLES }]);
    expect(events(realm.take())).toStrictEqual([["subscriber", ["bye"]]]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
  });
});

test.each([
  [true, true],
  [false, undefined],
])("[TST-14] with enable_meta_api %j WELCOME announces testament_meta_api as %j", (enable_meta_api, announced) => {
  const realm = new TestRealm({ options: { enable_meta_api } });
  realm.connect("client").send([1, "realm1", { roles: { caller: {} } }]);
  const details = realm.take()[0]?.[1][2] as { roles: { dealer: { features: Record<string, unknown> } } };
  expect(details.roles.dealer.features.testament_meta_api).toBe(announced);
});
