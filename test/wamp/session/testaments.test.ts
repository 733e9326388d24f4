/** Testaments: added, taken back, and published once the session is gone, whatever ends it. */

import { describe, expect, test } from "vitest";
import type { Client, Entry, Line } from "../host/recording-host.ts";
import { ALL_ROLES, ANYTHING, Stage } from "../host/recording-host.ts";

const TOPIC = "com.myapp.mytopic";

/** Somebody who listens to `TOPIC` and somebody who leaves testaments. */
function stageOf(input: ConstructorParameters<typeof Stage>[0] = {}) {
  const stage = new Stage(input);
  const [heir, owner] = stage.joinAll("heir", "owner");
  heir.send([32, 1, {}, TOPIC]);
  stage.take();
  return { stage, heir, owner };
}

let request = 100;

/** Calls add_testament; what comes back. */
function add(stage: Stage, owner: Client, args: unknown[], kwargs: object = {}): Line | undefined {
  return call(stage, owner, "wamp.session.add_testament", args, kwargs);
}

function flush(stage: Stage, owner: Client, kwargs: object = {}): Line | undefined {
  return call(stage, owner, "wamp.session.flush_testaments", [], kwargs);
}

function call(stage: Stage, caller: Client, procedure: string, args: unknown[], kwargs: object): Line | undefined {
  caller.send([48, ++request, {}, procedure, args, kwargs]);
  const replies = stage.take();
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
    const { stage, owner } = stageOf();
    expect(add(stage, owner, [TOPIC, ["Seeya!"], { my_name: "app1" }])).toStrictEqual(done());
    owner.disconnect();
    const [[heir, event]] = stage.take() as [[string, Line]];
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
    const { stage, owner } = stageOf();
    expect(add(stage, owner, args)).toStrictEqual(done());
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([["heir", ...payload]]);
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
    const { stage, owner } = stageOf();
    expect(add(stage, owner, args, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([]);
  });

  test.each([[{ scope: "x" }], [{ scope: "" }]])(
    "[TST-02] the scope of %j is refused, by both procedures",
    (kwargs) => {
      const { stage, owner } = stageOf();
      expect(add(stage, owner, [TOPIC], kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
      expect(flush(stage, owner, kwargs)).toStrictEqual(refused("wamp.error.invalid_argument"));
    },
  );

  test("[TST-03] publish_options do what they do in a PUBLISH, and acknowledge does nothing", () => {
    const { stage, heir, owner } = stageOf();
    const options = { retain: true, disclose_me: true, acknowledge: true, unknown: 1 };
    add(stage, owner, [TOPIC, ["for all"]], { publish_options: options });
    add(stage, owner, [TOPIC, ["not for you"]], { publish_options: { exclude: [1] } });
    add(stage, owner, [TOPIC, ["for you"]], { publish_options: { eligible: [1], exclude_authrole: null } });
    owner.disconnect();
    const recording = stage.take();
    expect(events(recording)).toStrictEqual([
      ["heir", ["for all"]],
      ["heir", ["for you"]],
    ]);
    expect(recording[0]?.[1][3]).toMatchObject({ publisher: 2 });
    heir.send([32, 2, { get_retained: true }, TOPIC]);
    expect(stage.take()[1]?.[1].slice(3)).toMatchObject([{ retained: true }, ["for all"]]);
  });

  test("[TST-03] a binary passthru payload stays what it is", () => {
    const stage = new Stage();
    const passthru = { features: { payload_passthru_mode: true } };
    const heir = stage.join("heir");
    heir.send([32, 1, {}, TOPIC]);
    const owner = stage.join("owner", { ...ALL_ROLES, publisher: passthru });
    const publish_options = { ppt_scheme: "x_custom", ppt_keyid: "k" };
    stage.take();
    expect(add(stage, owner, [TOPIC, ["\u0000AAEC"]], { publish_options })).toStrictEqual(done());
    stage.restart();
    const late = stage.join("late");
    stage.take();
    late.send([32, 1, {}, TOPIC]);
    stage.take();
    const again = stage.join("again", { ...ALL_ROLES, publisher: passthru });
    stage.take();
    add(stage, again, [TOPIC, ["\u0000AAEC"]], { publish_options });
    again.disconnect();
    expect(stage.take()[0]?.[1].slice(3)).toStrictEqual([{ ppt_scheme: "x_custom", ppt_keyid: "k" }, ["\u0000AAEC"]]);
  });

  test("[TST-13] is refused beyond a number of testaments and a size, and those before stay", () => {
    const { stage, owner } = stageOf({ limits: { testaments_per_session: 2, testament_bytes: 500 } });
    expect(add(stage, owner, [TOPIC, [1]])).toStrictEqual(done());
    expect(add(stage, owner, [TOPIC, ["x".repeat(500)]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    expect(add(stage, owner, [TOPIC, [2]], { scope: "detached" })).toStrictEqual(done());
    expect(add(stage, owner, [TOPIC, [3]])).toStrictEqual(refused("wamp.error.invalid_argument"));
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([
      ["heir", [2]],
      ["heir", [1]],
    ]);
  });
});

describe("who may leave a testament", () => {
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

  test("[TST-11] is who may publish there, judged when it is added", () => {
    const stage = new Stage({ roles });
    const owner = stage.join("owner");
    stage.take();
    expect(add(stage, owner, ["com.closed"])?.[4]).toBe("wamp.error.not_authorized");
    expect(add(stage, owner, ["wamp.session.on_join"])?.[4]).toBe("wamp.error.invalid_uri");
    expect(add(stage, owner, ["not valid"])?.[4]).toBe("wamp.error.invalid_uri");
    const publish_options = { disclose_me: true };
    expect(add(stage, owner, ["com.secret"], { publish_options })?.[4]).toBe(
      "wamp.error.option_disallowed.disclose_me",
    );
    expect(add(stage, owner, ["com.open"])).toStrictEqual(done());
    expect(stage.store.testaments.owners()).toHaveLength(1);
  });

  test("[TST-11] is judged again when it is published, each testament by itself", () => {
    const stage = new Stage();
    const owner = stage.join("owner");
    stage.take();
    for (const topic of ["com.closed", "com.open", "com.closed"]) {
      add(stage, owner, [topic, [topic]], { publish_options: { retain: true } });
    }
    stage.restart({ roles });
    const heir = stage.join("heir");
    stage.take();
    heir.send([32, 1, { get_retained: true }, "com.open"]);
    expect(events(stage.take())).toStrictEqual([["heir", ["com.open"]]]);
    expect(stage.store.testaments.owners()).toStrictEqual([]);
    stage.settle();
    expect(stage.store.retained.size().rows).toBe(1);
  });

  test("[TST-10] is the calling session, for itself alone, disclosure or not", () => {
    const { stage, heir, owner } = stageOf();
    const other = stage.join("other");
    stage.take();
    add(stage, owner, [TOPIC, ["the owner's"]]);
    add(stage, other, [TOPIC, ["the other's"]]);
    flush(stage, other);
    heir.send([34, 900, 1]);
    stage.take();
    other.disconnect();
    expect(events(stage.take())).toStrictEqual([]);
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([["heir", ["the owner's"]]]);
  });
});

describe("the order of testaments", () => {
  const four = (stage: Stage, owner: Client) => {
    add(stage, owner, [TOPIC, [1]], { scope: "destroyed" });
    add(stage, owner, [TOPIC, [2]], { scope: "detached" });
    add(stage, owner, [TOPIC, [3]]);
    add(stage, owner, [TOPIC, [4]], { scope: "detached" });
  };

  test("[TST-05][TST-08] is that of adding within a scope, detached before destroyed", () => {
    const { stage, owner } = stageOf();
    four(stage, owner);
    owner.disconnect();
    expect(events(stage.take()).map(([, args]) => args)).toStrictEqual([[2], [4], [1], [3]]);
  });

  test.each([
    [{}, [[2], [4]]],
    [{ scope: "destroyed" }, [[2], [4]]],
    [{ scope: "detached" }, [[1], [3]]],
  ])("[TST-06][TST-07] flushing %j takes back one scope, and leaves the other", (kwargs, left) => {
    const { stage, owner } = stageOf();
    four(stage, owner);
    expect(flush(stage, owner, kwargs)).toStrictEqual(done());
    owner.disconnect();
    expect(events(stage.take()).map(([, args]) => args)).toStrictEqual(left);
  });

  test("[TST-06] flushing both leaves nothing, and flushing nothing is no error", () => {
    const { stage, owner } = stageOf();
    expect(flush(stage, owner)).toStrictEqual(done());
    four(stage, owner);
    flush(stage, owner);
    flush(stage, owner, { scope: "detached" });
    expect(stage.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([]);
  });

  test("[TST-12] is after the session's own subscriptions are gone and before wamp.session.on_leave", () => {
    const { stage, heir, owner } = stageOf();
    heir.send([32, 2, {}, "wamp.session.on_leave"]);
    owner.send([32, 3, {}, TOPIC]);
    stage.take();
    add(stage, owner, [TOPIC, ["bye"]], { publish_options: { exclude_me: false } });
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([
      ["heir", ["bye"]],
      ["heir", [2, expect.any(String), "anonymous"]],
    ]);
  });
});

describe("a testament is published exactly once", () => {
  const ENDINGS: readonly (readonly [string, (stage: Stage, owner: Client, heir: Client) => void])[] = [
    ["GOODBYE", (_, owner) => owner.send([6, {}, "wamp.close.close_realm"])],
    ["a lost transport", (_, owner) => owner.disconnect()],
    ["ABORT", (_, owner) => owner.send([3, {}, "wamp.error.system"])],
    ["a protocol violation", (_, owner) => owner.send([16, "x"])],
    [
      "wamp.session.kill",
      (stage, _, heir) => heir.send([48, 900, {}, "wamp.session.kill", stage.store.testaments.owners()]),
    ],
    ["a restart of the object", (stage) => stage.restart()],
  ];

  test.each(ENDINGS)("[TST-09] on %s", (_, end) => {
    for (const sleeps of [false, true]) {
      const { stage, heir, owner } = stageOf({ store: { "event-history": [{ uri: TOPIC }] } });
      add(stage, owner, [TOPIC, ["bye"]]);
      if (sleeps) stage.sleepAndWake();
      end(stage, owner, heir);
      expect(stage.store.testaments.owners()).toStrictEqual([]);
      owner.disconnect();
      stage.sleepAndWake();
      stage.restart();
      const [log] = stage.store.history.logs();
      expect([...stage.store.history.read(log?.id ?? 0, 10, false)]).toHaveLength(1);
    }
  });

  test("[TST-09] but not on wamp.session.kill_all", () => {
    const { stage, heir, owner } = stageOf();
    add(stage, owner, [TOPIC, ["bye"]]);
    heir.send([48, 900, {}, "wamp.session.kill_all"]);
    expect(events(stage.take())).toStrictEqual([]);
    expect(stage.store.testaments.owners()).toStrictEqual([]);
    owner.disconnect();
    stage.restart();
    expect(events(stage.take())).toStrictEqual([]);
  });

  test("[TST-09] sessions that only slept keep theirs when others are found gone", () => {
    const { stage, owner } = stageOf();
    const other = stage.join("other");
    stage.take();
    add(stage, owner, [TOPIC, ["the owner's"]]);
    add(stage, other, [TOPIC, ["the other's"]]);
    // The connection is lost without the realm ever hearing of it.
    stage.drop(other);
    stage.sleepAndWake();
    expect(events(stage.take())).toStrictEqual([["heir", ["the other's"]]]);
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([["heir", ["the owner's"]]]);
  });

  test("[TST-09] a session that says GOODBYE and HELLO again has left, and has none of its own yet", () => {
    const { stage, owner } = stageOf();
    add(stage, owner, [TOPIC, ["bye"]]);
    owner.send([6, {}, "wamp.close.close_realm"], [1, "realm1", { roles: ALL_ROLES }]);
    expect(events(stage.take())).toStrictEqual([["heir", ["bye"]]]);
    owner.disconnect();
    expect(events(stage.take())).toStrictEqual([]);
  });
});

test.each([
  [true, true],
  [false, undefined],
])("[TST-14] with enable_meta_api %j WELCOME announces testament_meta_api as %j", (enable_meta_api, announced) => {
  const stage = new Stage({ options: { enable_meta_api } });
  stage.connect("client").send([1, "realm1", { roles: { caller: {} } }]);
  const details = stage.take()[0]?.[1][2] as { roles: { dealer: { features: Record<string, unknown> } } };
  expect(details.roles.dealer.features.testament_meta_api).toBe(announced);
});
