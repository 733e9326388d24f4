/** Testaments: added, taken back, and published once the session is gone, whatever ends it. */

import { describe, expect, test } from "vitest";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";

const TOPIC = "com.myapp.mytopic";

/** A subscriber of `TOPIC`, and a session that leaves testaments. */
function testRealmOf(input: ConstructorParameters<typeof TestRealm>[0] = {}) {
  const realm = new TestRealm(input);
  const [heir, owner] = realm.joinAll("heir", "owner");
  heir.send([32, 1, {}, TOPIC]);
  realm.take();
  return { realm, heir, owner };
}

let request = 100;

/** Calls add_testament; what comes back. */
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

/** Arguments of the events among what was recorded. */
const events = (recording: Entry[]) =>
  recording.flatMap(([client, line]) => (Array.isArray(line) && line[0] === 36 ? [[client, ...line.slice(4)]] : []));

describe("adding a testament", () => {
  test("[TST-01][TST-04] takes topic, args and kwargs, and answers with nothing", () => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, [TOPIC, ["Seeya!"], { my_name: "app1" }])).toStrictEqual(done());
    owner.disconnect();
    const [[heir, event]] = realm.take() as [[string, Line]];
    expect([heir, event]).toStrictEqual([
      "heir",
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
  ])("[TST-01] %j is published with the payload %j", (args, payload) => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, args)).toStrictEqual(done());
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["heir", ...payload]]);
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
  ])("[TST-03] %j with %j is refused, as a PUBLISH like it would be", (args, kwargs) => {
    const { realm, owner } = testRealmOf();
    expect(add(realm, owner, args, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test.each([[{ scope: "x" }], [{ scope: "" }]])(
    "[TST-02] the scope of %j is refused, by both procedures",
    (kwargs) => {
      const { realm, owner } = testRealmOf();
      expect(add(realm, owner, [TOPIC], kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
      expect(flush(realm, owner, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    },
  );

  test("[TST-03] publish_options do what they do in a PUBLISH, and acknowledge does nothing", () => {
    const { realm, heir, owner } = testRealmOf();
    const options = { retain: true, disclose_me: true, acknowledge: true, unknown: 1 };
    add(realm, owner, [TOPIC, ["for all"]], { publish_options: options });
    add(realm, owner, [TOPIC, ["not for you"]], { publish_options: { exclude: [1] } });
    add(realm, owner, [TOPIC, ["for you"]], { publish_options: { eligible: [1], exclude_authrole: null } });
    owner.disconnect();
    const recording = realm.take();
    expect(events(recording)).toStrictEqual([
      ["heir", ["for all"]],
      ["heir", ["for you"]],
    ]);
    expect(recording[0]?.[1][3]).toMatchObject({ publisher: 2 });
    heir.send([32, 2, { get_retained: true }, TOPIC]);
    expect(realm.take()[1]?.[1].slice(3)).toMatchObject([{ retained: true }, ["for all"]]);
  });

  test("[TST-03] a binary passthru payload is published unchanged", () => {
    const realm = new TestRealm();
    const passthru = { features: { payload_passthru_mode: true } };
    const heir = realm.join("heir");
    heir.send([32, 1, {}, TOPIC]);
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

  test("[TST-13] is refused beyond a number of testaments and a size, and those before stay", () => {
    const { realm, owner } = testRealmOf({ limits: { testaments_per_session: 2, testament_bytes: 500 } });
    expect(add(realm, owner, [TOPIC, [1]])).toStrictEqual(done());
    expect(add(realm, owner, [TOPIC, ["x".repeat(500)]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    expect(add(realm, owner, [TOPIC, [2]], { scope: "detached" })).toStrictEqual(done());
    expect(add(realm, owner, [TOPIC, [3]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([
      ["heir", [2]],
      ["heir", [1]],
    ]);
  });
});

describe("the owner of a testament", () => {
  const roles = [
    { name: "heir", permissions: [ANYTHING] },
    {
      name: "anonymous",
      permissions: [
        { uri: "wamp.", match: "prefix", allow: { call: true, publish: true } },
        { uri: "com.open", allow: { publish: true, subscribe: true } },
        { uri: "com.secret", allow: { publish: true, subscribe: true }, disclose: { publisher: false } },
      ],
    },
  ] as const;

  test("[TST-11] needs the permission to publish when it is added", () => {
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

  test("[TST-11] needs it again when the testament is published, each by itself", () => {
    const realm = new TestRealm();
    const owner = realm.join("owner");
    realm.take();
    for (const topic of ["com.closed", "com.open", "com.closed"]) {
      add(realm, owner, [topic, [topic]], { publish_options: { retain: true } });
    }
    realm.restart({ roles });
    const heir = realm.join("heir");
    realm.take();
    heir.send([32, 1, { get_retained: true }, "com.open"]);
    expect(events(realm.take())).toStrictEqual([["heir", ["com.open"]]]);
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    realm.flush();
    expect(realm.store.retained.size().rows).toBe(1);
  });

  test("[TST-10] is the calling session, with or without disclosure", () => {
    const { realm, heir, owner } = testRealmOf();
    const other = realm.join("other");
    realm.take();
    add(realm, owner, [TOPIC, ["the owner's"]]);
    add(realm, other, [TOPIC, ["the other's"]]);
    flush(realm, other);
    heir.send([34, 900, 1]);
    realm.take();
    other.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["heir", ["the owner's"]]]);
  });
});

describe("the order of testaments", () => {
  const four = (realm: TestRealm, owner: Client) => {
    add(realm, owner, [TOPIC, [1]], { scope: "destroyed" });
    add(realm, owner, [TOPIC, [2]], { scope: "detached" });
    add(realm, owner, [TOPIC, [3]]);
    add(realm, owner, [TOPIC, [4]], { scope: "detached" });
  };

  test("[TST-05][TST-08] is that of adding within a scope, detached before destroyed", () => {
    const { realm, owner } = testRealmOf();
    four(realm, owner);
    owner.disconnect();
    expect(events(realm.take()).map(([, args]) => args)).toStrictEqual([[2], [4], [1], [3]]);
  });

  test.each([
    [{}, [[2], [4]]],
    [{ scope: "destroyed" }, [[2], [4]]],
    [{ scope: "detached" }, [[1], [3]]],
  ])("[TST-06][TST-07] flushing %j takes back one scope, and leaves the other", (kwargs, left) => {
    const { realm, owner } = testRealmOf();
    four(realm, owner);
    expect(flush(realm, owner, kwargs)).toStrictEqual(done());
    owner.disconnect();
    expect(events(realm.take()).map(([, args]) => args)).toStrictEqual(left);
  });

  test("[TST-06] flushing both leaves nothing, and flushing nothing is no error", () => {
    const { realm, owner } = testRealmOf();
    expect(flush(realm, owner)).toStrictEqual(done());
    four(realm, owner);
    flush(realm, owner);
    flush(realm, owner, { scope: "detached" });
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test("[TST-12] is after the session's own subscriptions are gone and before wamp.session.on_leave", () => {
    const { realm, heir, owner } = testRealmOf();
    heir.send([32, 2, {}, "wamp.session.on_leave"]);
    owner.send([32, 3, {}, TOPIC]);
    realm.take();
    add(realm, owner, [TOPIC, ["bye"]], { publish_options: { exclude_me: false } });
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([
      ["heir", ["bye"]],
      ["heir", [2, expect.any(String), "anonymous"]],
    ]);
  });
});

describe("a testament is published exactly once", () => {
  const ENDINGS: readonly (readonly [string, (realm: TestRealm, owner: Client, heir: Client) => void])[] = [
    ["GOODBYE", (_, owner) => owner.send([6, {}, "wamp.close.close_realm"])],
    ["a lost transport", (_, owner) => owner.disconnect()],
    ["ABORT", (_, owner) => owner.send([3, {}, "wamp.error.system"])],
    ["a protocol violation", (_, owner) => owner.send([16, "x"])],
    [
      "wamp.session.kill",
      (realm, _, heir) => heir.send([48, 900, {}, "wamp.session.kill", realm.store.testaments.owners()]),
    ],
    ["a restart of the object", (realm) => realm.restart()],
  ];

  test.each(ENDINGS)("[TST-09] on %s", (_, end) => {
    for (const sleeps of [false, true]) {
      const { realm, heir, owner } = testRealmOf({ store: { "event-history": [{ uri: TOPIC }] } });
      add(realm, owner, [TOPIC, ["bye"]]);
      if (sleeps) realm.sleepAndWake();
      end(realm, owner, heir);
      expect(realm.store.testaments.owners()).toStrictEqual([]);
      owner.disconnect();
      realm.sleepAndWake();
      realm.restart();
      const [log] = realm.store.history.logs();
      expect([...realm.store.history.read(log?.id ?? 0, 10, false)]).toHaveLength(1);
    }
  });

  test("[TST-09] but not on wamp.session.kill_all", () => {
    const { realm, heir, owner } = testRealmOf();
    add(realm, owner, [TOPIC, ["bye"]]);
    heir.send([48, 900, {}, "wamp.session.kill_all"]);
    expect(events(realm.take())).toStrictEqual([]);
    expect(realm.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    realm.restart();
    expect(events(realm.take())).toStrictEqual([]);
  });

  test("[TST-09] sessions that only slept keep theirs when those of others are published", () => {
    const { realm, owner } = testRealmOf();
    const other = realm.join("other");
    realm.take();
    add(realm, owner, [TOPIC, ["the owner's"]]);
    add(realm, other, [TOPIC, ["the other's"]]);
    // The connection is lost without the realm ever hearing of it.
    realm.drop(other);
    realm.sleepAndWake();
    expect(events(realm.take())).toStrictEqual([["heir", ["the other's"]]]);
    owner.disconnect();
    expect(events(realm.take())).toStrictEqual([["heir", ["the owner's"]]]);
  });

  test("[TST-09] a session that says GOODBYE and HELLO again has left, and has none of its own yet", () => {
    const { realm, owner } = testRealmOf();
    add(realm, owner, [TOPIC, ["bye"]]);
    owner.send([6, {}, "wamp.close.close_realm"], [1, "realm1", { roles: ALL_ROLES }]);
    expect(events(realm.take())).toStrictEqual([["heir", ["bye"]]]);
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
