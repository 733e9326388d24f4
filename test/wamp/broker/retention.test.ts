/** Retained events: who gets which, when, and how long they are kept. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Line } from "../host/recording-host.ts";
import { Stage } from "../host/recording-host.ts";

const TOPIC = "com.myapp.temp";

/** The retained events a new session of this name is sent when it subscribes with `get_retained`. */
function retained(stage: Stage, name: string, topic = TOPIC, options: object = {}): Line[] {
  return retainedIn(subscribe(stage, name, topic, { get_retained: true, ...options }));
}

/** Leaves out SUBSCRIBED, and the meta events a broad pattern brings along. */
function retainedIn(lines: readonly Line[]): Line[] {
  return lines.filter(([type, , , details]) => type === 36 && (details as { retained?: true }).retained);
}

/** What a new session of this name is sent when it subscribes. */
function subscribe(stage: Stage, name: string, topic: string, options: object): Line[] {
  const client = stage.join(name);
  stage.take();
  client.send([32, 1, options, topic]);
  const lines = linesOf(stage);
  client.disconnect();
  stage.take();
  return lines;
}

/** A stage whose publisher has published these, each a millisecond after the other. */
function published(
  messages: readonly (readonly [options: object, topic: string, ...payload: unknown[]])[],
  input: Partial<RealmInput> = {},
): Stage {
  const stage = new Stage(input);
  const publisher = stage.join("publisher");
  messages.forEach(([options, topic, ...payload], index) => {
    publisher.send([16, index + 1, options, topic, ...payload]);
    stage.time++;
  });
  stage.take();
  return stage;
}

/** What was sent since, to whomever. */
const linesOf = (stage: Stage) => stage.take().map(([, line]) => line as Line);

/** Arguments of the events. */
const argsOf = (events: readonly Line[]) => events.map(([, , , , args]) => args);

describe("a retained event", () => {
  test("[RET-01] reaches those subscribed like any other, and is kept", () => {
    const stage = new Stage();
    const [publisher, subscriber] = stage.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    stage.take();
    publisher.send([16, 1, { retain: true }, TOPIC, [21.5], { unit: "C" }]);
    const [[, event]] = stage.take() as [[string, Line]];
    expect(event).toStrictEqual([36, expect.any(Number), expect.any(Number), {}, [21.5], { unit: "C" }]);
    const [, subscription, publication] = event;
    // The same subscription, the same publication id, so that a receiver can tell a duplicate [RET-11].
    expect(retained(stage, "late")).toStrictEqual([
      [36, subscription, publication, { retained: true }, [21.5], { unit: "C" }],
    ]);
  });

  test("[RET-02] gives way to the next retained one, not to one that is not", () => {
    const stage = published([
      [{ retain: true }, TOPIC, [1]],
      [{}, TOPIC, [2]],
      [{ retain: false }, TOPIC, [3]],
    ]);
    expect(argsOf(retained(stage, "one"))).toStrictEqual([[1]]);
    stage.join("other").send([16, 1, { retain: true }, TOPIC, [4]]);
    expect(argsOf(retained(stage, "two"))).toStrictEqual([[4]]);
  });

  test("[RET-03][ORD-02][RET-11] comes after SUBSCRIBED, marked as retained, with its own publication id", () => {
    const stage = new Stage();
    const publisher = stage.join("publisher");
    publisher.send([16, 1, { retain: true, acknowledge: true }, TOPIC, [21.5]]);
    const [[, [, , publication]]] = stage.take() as [[string, Line]];
    const lines = subscribe(stage, "subscriber", TOPIC, { get_retained: true });
    const subscription = lines[0]?.[2];
    expect(lines).toStrictEqual([
      [33, 1, subscription],
      [36, subscription, publication, { retained: true }, [21.5]],
    ]);
  });

  test.each([[{}], [{ get_retained: false }], [{ get_retained: null }]])(
    "[RET-04] is not sent for the options %j",
    (options) => {
      const stage = published([[{ retain: true }, TOPIC, [1]]]);
      expect(subscribe(stage, "subscriber", TOPIC, options)).toStrictEqual([[33, 1, expect.any(Number)]]);
    },
  );

  test("[RET-12] is sent again to a session that subscribes again", () => {
    const stage = published([[{ retain: true }, TOPIC, [1]]]);
    const subscriber = stage.join("subscriber");
    subscriber.send([32, 1, { get_retained: true }, TOPIC]);
    const first = stage.take();
    subscriber.send([32, 2, { get_retained: true }, TOPIC]);
    const second = stage.take();
    expect(first).toHaveLength(2);
    expect(second[0]).toStrictEqual(["subscriber", [33, 2, first[0]?.[1][2]]]);
    expect(second[1]).toStrictEqual(first[1]);
  });

  test("[RET-13] tells of its publisher what the PUBLISH disclosed", () => {
    const stage = new Stage();
    const publisher = stage.join("publisher");
    publisher.send([16, 1, { retain: true, disclose_me: true }, TOPIC]);
    publisher.disconnect();
    stage.take();
    expect(retained(stage, "subscriber")[0]?.[3]).toStrictEqual({
      retained: true,
      publisher: 1,
      publisher_authid: expect.any(String),
      publisher_authrole: "anonymous",
    });
  });

  test("[RET-14] outlives its publisher, the last subscriber, sleep and a restart", () => {
    const stage = new Stage();
    const [publisher, subscriber] = stage.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    publisher.send([16, 1, { retain: true }, TOPIC, ["kept"], { really: true }]);
    const publication = stage.take().at(-1)?.[1][2];
    const events = (name: string) => retained(stage, name).map(([, , ...event]) => event);
    const expected = [[publication, { retained: true }, ["kept"], { really: true }]];
    publisher.disconnect();
    subscriber.disconnect();
    expect(events("one")).toStrictEqual(expected);
    stage.sleepAndWake();
    expect(events("two")).toStrictEqual(expected);
    stage.restart();
    expect(events("three")).toStrictEqual(expected);
  });

  test("[RET-14] is lost by a crash only within the second it takes to be written", () => {
    const stage = published([[{ retain: true }, TOPIC, ["old"]]]);
    stage.settle();
    stage.join("other").send([16, 1, { retain: true }, TOPIC, ["new"]]);
    stage.restart();
    expect(argsOf(retained(stage, "subscriber"))).toStrictEqual([["old"]]);
  });

  test("[RET-14] keeps binary, large integers and no payload at all as they were", () => {
    const binary = "\u0000AAEC";
    const stage = published([
      [{ retain: true }, "a.binary", [binary, { deep: [binary] }]],
      [{ retain: true }, "b.nothing"],
      [{ retain: true }, "c.unicode", ['\ud83d\ude00 " \\ \n \u0001']],
    ]);
    stage.sleepAndWake();
    expect(retained(stage, "subscriber", "", { match: "prefix" }).map(([, , , , ...payload]) => payload)).toStrictEqual(
      [[[binary, { deep: [binary] }]], [], [['\ud83d\ude00 " \\ \n \u0001']]],
    );
  });
});

describe("who may receive a retained event", () => {
  // The publisher is session 1, each later session one more; authids of the stage are "Ag…" for session 2.
  test.each([
    ["exclude", { exclude: [4] }, { exclude: [5] }],
    ["exclude_authrole", { exclude_authrole: ["anonymous"] }, { exclude_authrole: ["other"] }],
    ["eligible", { eligible: [5] }, { eligible: [4] }],
    ["eligible_authrole", { eligible_authrole: ["other"] }, { eligible_authrole: ["anonymous"] }],
    ["an empty eligible", { eligible: [] }, { exclude: [] }],
  ])("[RET-05][BWL-12] is decided by the list %s for the session that subscribes", (_, refuses, admits) => {
    for (const match of ["exact", "prefix", "wildcard"]) {
      for (const [options, expected] of [
        [refuses, []],
        [admits, [["some"]]],
      ] as const) {
        const stage = published([[{ retain: true, ...options }, TOPIC, ["some"]]]);
        // Sessions and publications draw from one counter: 1 is the publisher's, 2 the publication.
        stage.lastId = 3;
        expect(argsOf(retained(stage, "four", TOPIC, { match }))).toStrictEqual(expected);
      }
    }
  });

  test.each([
    ["exclude_authid", (authid: string) => ({ exclude_authid: [authid] }), []],
    ["exclude_authid", () => ({ exclude_authid: ["nobody"] }), [["some"]]],
    ["eligible_authid", (authid: string) => ({ eligible_authid: [authid] }), [["some"]]],
    ["eligible_authid", () => ({ eligible_authid: ["nobody"] }), []],
  ])("[RET-05][BWL-12] is decided by the list %s, also after sleep", (_, options, expected) => {
    const stage = new Stage();
    const [publisher, subscriber] = stage.joinAll("publisher", "subscriber");
    const { authid } = [...stage.realm.sessions.values()][1]?.identity ?? { authid: "" };
    publisher.send([16, 1, { retain: true, ...options(authid) }, TOPIC, ["some"]]);
    for (const sleeps of [false, true]) {
      if (sleeps) stage.sleepAndWake();
      stage.take();
      subscriber.send([32, 1, { get_retained: true }, TOPIC]);
      expect(argsOf(retainedIn(linesOf(stage)))).toStrictEqual(expected);
    }
  });

  test("[RET-05] the publisher itself is excluded unless it said otherwise, and a later session of its is not", () => {
    const stage = new Stage();
    const publisher = stage.join("publisher");
    publisher.send(
      [16, 1, { retain: true }, "a", ["not to me"]],
      [16, 2, { retain: true, exclude_me: false }, "b", ["to me too"]],
    );
    for (const sleeps of [false, true]) {
      if (sleeps) stage.sleepAndWake();
      stage.take();
      publisher.send([32, 3, { match: "prefix", get_retained: true }, ""]);
      expect(argsOf(retainedIn(linesOf(stage)))).toStrictEqual([["to me too"]]);
    }
    expect(argsOf(retained(stage, "again", "a"))).toStrictEqual([["not to me"]]);
  });

  test("[RET-06][RET-07] the latest event the subscriber may have is sent: one for all, and those for some after it", () => {
    const stage = published([
      [{ retain: true, eligible: [100] }, TOPIC, ["before"]],
      [{ retain: true }, TOPIC, ["for all"]],
      [{ retain: true, eligible: [100, 101] }, TOPIC, ["for two"]],
      [{ retain: true, eligible: [101] }, TOPIC, ["for one"]],
    ]);
    for (const sleeps of [false, true]) {
      if (sleeps) stage.sleepAndWake();
      for (const [id, expected] of [
        [99, "for all"],
        [100, "for two"],
        [101, "for one"],
      ] as const) {
        stage.lastId = id - 1;
        const client = stage.join("subscriber");
        stage.take();
        client.send([32, 1, { get_retained: true }, TOPIC]);
        expect(argsOf([stage.take()[1]?.[1] as Line])).toStrictEqual([[expected]]);
        client.disconnect();
      }
    }
  });

  test("[RET-06] a new event for all discards those for some, written or not", () => {
    for (const sleeps of [false, true]) {
      const stage = published([[{ retain: true, eligible: [100] }, TOPIC, ["for one"]]]);
      if (sleeps) stage.sleepAndWake();
      stage.join("other").send([16, 1, { retain: true }, TOPIC, ["for all"]]);
      stage.lastId = 99;
      expect(argsOf(retained(stage, "hundred"))).toStrictEqual([["for all"]]);
    }
  });

  test("[RET-06][RET-09] of the events for some the latest 15 are kept beside the one for all", () => {
    const forSome = Array.from({ length: 20 }, (_, i) => [{ retain: true, eligible: [100 + i] }, TOPIC, [i]] as const);
    const stage = published([[{ retain: true }, TOPIC, ["for all"]], ...forSome]);
    for (const [id, expected] of [
      [100, "for all"],
      [104, "for all"],
      [105, 5],
      [119, 19],
    ] as const) {
      stage.lastId = id - 1;
      expect(argsOf(retained(stage, `session ${id}`))).toStrictEqual([[expected]]);
    }
  });
});

describe("subscribing to a pattern", () => {
  const TOPICS = [
    [{ retain: true }, "a.b.c", [1]],
    [{ retain: true }, "a.b", [2]],
    [{ retain: true }, "a.x.c", [3]],
    [{ retain: true }, "ab.b.c", [4]],
    [{ retain: true }, "a.b", [5]],
    [{ retain: true }, "b.b.c", [6]],
  ] as const;

  test.each([
    ["prefix", "a.", ["a.b.c", "a.x.c", "a.b"]],
    ["prefix", "a", ["a.b.c", "a.x.c", "ab.b.c", "a.b"]],
    ["prefix", "", ["a.b.c", "a.x.c", "ab.b.c", "a.b", "b.b.c"]],
    ["prefix", "c", []],
    ["wildcard", "a..c", ["a.b.c", "a.x.c"]],
    ["wildcard", ".b.c", ["a.b.c", "ab.b.c", "b.b.c"]],
    ["wildcard", "a.b", ["a.b"]],
    ["wildcard", "..", ["a.b.c", "a.x.c", "ab.b.c", "b.b.c"]],
  ])("[RET-10] %s %j brings one event per topic, the oldest first, each with its topic", (match, pattern, topics) => {
    for (const sleeps of [false, true]) {
      const stage = published(TOPICS);
      if (sleeps) stage.sleepAndWake();
      const events = retained(stage, "subscriber", pattern, { match });
      expect(events.map(([, , , details]) => details)).toStrictEqual(
        topics.map((topic) => ({ retained: true, topic })),
      );
    }
  });

  test("[RET-10][RET-11] tells events by the ids they were published with", () => {
    const stage = published(TOPICS);
    const ids = retained(stage, "one", "a.", { match: "prefix" }).map(([, , publication]) => publication);
    expect(ids).toStrictEqual([2, 4, 6]);
  });

  test("[RET-10] brings no more than `replay` of them, the latest ones", () => {
    const stage = published(TOPICS, { store: { retain: { replay: 2 } } });
    expect(argsOf(retained(stage, "subscriber", "a", { match: "prefix" }))).toStrictEqual([[4], [5]]);
  });

  test("[RET-10] brings no more than a client may well leave unread", () => {
    const megabyte = "x".repeat(1_000_000);
    const messages = Array.from({ length: 12 }, (_, i) => [{ retain: true }, `a.t${i}`, [megabyte]] as const);
    const stage = published(messages);
    expect(retained(stage, "subscriber", "a", { match: "prefix" })).toHaveLength(8);
  });
});

describe("what is kept", () => {
  const topics = (stage: Stage) => {
    const events = retained(stage, "subscriber", "", { match: "prefix" });
    return events.map(([, , , details]) => (details as { topic: string }).topic);
  };
  const some = (count: number, payload: unknown = 1) =>
    Array.from({ length: count }, (_, i) => [{ retain: true }, `t${i}`, [payload]] as const);

  test("[RET-09] is bounded by a number of topics: when it is exceeded the oldest tenth goes", () => {
    const stage = published(some(10), { store: { retain: { limit: 10 } } });
    stage.settle();
    expect(topics(stage)).toHaveLength(10);
    stage.join("other").send([16, 1, { retain: true }, "one.more"]);
    stage.settle();
    expect(topics(stage)).toStrictEqual(["t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "one.more"]);
  });

  test("[RET-09] is bounded by the bytes of all events", () => {
    const stage = published(some(10, "x".repeat(1000)), { store: { retain: { max_bytes: 5_000 } } });
    stage.settle();
    expect(topics(stage)).toStrictEqual(["t6", "t7", "t8", "t9"]);
  });

  test("[RET-09] is bounded by age, to the millisecond for who asks, and removed later", () => {
    const stage = published([[{ retain: true }, "old"]], { store: { retain: { max_age: 60 } } });
    stage.settle();
    stage.time = 50_000;
    stage.join("other").send([16, 1, { retain: true }, "new"]);
    stage.settle();
    stage.time = 60_000;
    expect(topics(stage)).toStrictEqual(["old", "new"]);
    stage.time = 60_001;
    expect(topics(stage)).toStrictEqual(["new"]);
    expect(retained(stage, "exact", "old")).toStrictEqual([]);
    expect(stage.store.retained.size().rows).toBe(2);
    stage.join("another").send([16, 1, { retain: true }, "newer"]);
    stage.settle();
    expect(stage.store.retained.size().rows).toBe(2);
  });

  test("[RET-08] does not include topics the configuration declines, and that is no error", () => {
    const decline = [
      { uri: "com.app.", match: "prefix" },
      { uri: "exactly" },
      { uri: "a..c", match: "wildcard" },
    ] as const;
    const stage = new Stage({ store: { retain: { decline } } });
    const [publisher, subscriber] = stage.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, { match: "prefix" }, ""]);
    stage.take();
    const names = ["com.app.one", "exactly", "a.b.c", "exactly.not", "com.ap"];
    publisher.send(...names.map((topic, i) => [16, i + 1, { retain: true, acknowledge: true }, topic]));
    const received = stage.take();
    expect(received.filter(([, [type]]) => type === 17)).toHaveLength(5);
    expect(received.filter(([, [type]]) => type === 36)).toHaveLength(5);
    expect(topics(stage)).toStrictEqual(["exactly.not", "com.ap"]);
  });

  test("[RET-09] is written before much of it waits in memory", () => {
    const stage = published(some(2, "x".repeat(600_000)));
    expect(stage.store.retained.size().rows).toBe(2);
  });

  test("is not what a PUBLISH refused would have been", () => {
    const stage = new Stage({
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: { subscribe: true } }] }],
    });
    stage.join("publisher").send([16, 1, { retain: true, acknowledge: true }, TOPIC]);
    expect(stage.take()[0]?.[1][4]).toBe("wamp.error.not_authorized");
    expect(retained(stage, "subscriber")).toStrictEqual([]);
  });
});

test("[RET-15] WELCOME announces event_retention", () => {
  const stage = new Stage();
  stage.connect("client").send([1, "realm1", { roles: { subscriber: {} } }]);
  const details = stage.take()[0]?.[1][2] as { roles: { broker: { features: object } } };
  expect(details.roles.broker.features).toMatchObject({ event_retention: true });
});

describe("a retained event that is to go", () => {
  const remove = (stage: Stage, topic: string, name = "remover") => {
    const client = stage.join(name);
    stage.take();
    client.send([48, 1, {}, "wamp.edge.retained.remove", [topic]]);
    const [line] = linesOf(stage);
    return line;
  };

  test.each([
    ["before it was written", false],
    ["after it was written", true],
  ])("is removed by wamp.edge.retained.remove %s", (_, isWritten) => {
    const stage = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, "com.myapp.other", [2]],
      [{ retain: true, eligible_authrole: ["anonymous"] }, TOPIC, [3]],
    ]);
    if (isWritten) stage.settle();
    expect(remove(stage, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
    expect(argsOf(retained(stage, "late"))).toStrictEqual([]);
    stage.settle();
    stage.restart();
    expect(argsOf(retained(stage, "later", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2]]);
    expect(remove(stage, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test("is replaced, not removed, by one without payload, which is a value like others", () => {
    const stage = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, TOPIC],
    ]);
    expect(argsOf(retained(stage, "late"))).toStrictEqual([undefined]);
  });

  test("stays where the caller may not publish on its topic", () => {
    const stage = published([[{ retain: true }, TOPIC, [1]]], {
      roles: [
        {
          name: "anonymous",
          permissions: [
            { uri: "", match: "prefix", allow: { call: true, subscribe: true, publish: true } },
            { uri: "com.forbidden", allow: { call: true, subscribe: true } },
          ],
        },
      ],
    });
    expect(remove(stage, "com.forbidden")?.slice(0, 5)).toStrictEqual([8, 48, 1, {}, "wamp.error.not_authorized"]);
    expect(remove(stage, "wamp.session.on_join")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(stage, "no uri")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(stage, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
  });

  test("goes by itself after _retained_ttl seconds, also in sleep, and uncovers no earlier one", () => {
    const stage = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true, _retained_ttl: 60 }, TOPIC, [2]],
      [{ retain: true, _retained_ttl: 10 }, "com.myapp.short", [3]],
      [{ retain: true }, "com.myapp.long", [4]],
    ]);
    stage.advance(9_000);
    expect(argsOf(retained(stage, "a", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [3], [4]]);
    stage.sleepAndWake();
    stage.advance(2_000);
    expect(argsOf(retained(stage, "b", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [4]]);
    expect(argsOf(retained(stage, "c", "com.myapp.short"))).toStrictEqual([]);
    stage.advance(50_000);
    expect(argsOf(retained(stage, "d"))).toStrictEqual([]);
    expect(remove(stage, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test.each([0, -1, 1.5, "60", true])("has no life time of %j", (ttl) => {
    const stage = new Stage();
    stage.join("ann").send([16, 1, { retain: true, _retained_ttl: ttl }, TOPIC]);
    expect(linesOf(stage)[0]?.[1]).toStrictEqual({ message: "PUBLISH: invalid _retained_ttl" });
  });
});
