/** Retained events: who gets which, when, and how long they are kept. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

const TOPIC = "com.myapp.temp";

/** The retained events a new session of this name is sent when it subscribes with `get_retained`. */
function retained(realm: TestRealm, name: string, topic = TOPIC, options: object = {}): Line[] {
  return retainedIn(subscribe(realm, name, topic, { get_retained: true, ...options }));
}

/** Leaves out SUBSCRIBED, and the meta events a broad pattern brings along. */
function retainedIn(lines: readonly Line[]): Line[] {
  return lines.filter(([type, , , details]) => type === 36 && (details as { retained?: true }).retained);
}

/** What a new session of this name is sent when it subscribes. */
function subscribe(realm: TestRealm, name: string, topic: string, options: object): Line[] {
  const client = realm.join(name);
  realm.take();
  client.send([32, 1, options, topic]);
  const lines = linesOf(realm);
  client.disconnect();
  realm.take();
  return lines;
}

/** A realm whose publisher has published these, each a millisecond after the other. */
function published(
  messages: readonly (readonly [options: object, topic: string, ...payload: unknown[]])[],
  input: Partial<RealmInput> = {},
): TestRealm {
  const realm = new TestRealm(input);
  const publisher = realm.join("publisher");
  messages.forEach(([options, topic, ...payload], index) => {
    publisher.send([16, index + 1, options, topic, ...payload]);
    realm.time++;
  });
  realm.take();
  return realm;
}

/** What was sent since, to whomever. */
const linesOf = (realm: TestRealm) => realm.take().map(([, line]) => line as Line);

/** Arguments of the events. */
const argsOf = (events: readonly Line[]) => events.map(([, , , , args]) => args);

describe("a retained event", () => {
  test("[RET-01] reaches those subscribed like any other, and is kept", () => {
    const realm = new TestRealm();
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    realm.take();
    publisher.send([16, 1, { retain: true }, TOPIC, [21.5], { unit: "C" }]);
    const [[, event]] = realm.take() as [[string, Line]];
    expect(event).toStrictEqual([36, expect.any(Number), expect.any(Number), {}, [21.5], { unit: "C" }]);
    const [, subscription, publication] = event;
    // The same subscription, the same publication id, so that a receiver can tell a duplicate [RET-11].
    expect(retained(realm, "late")).toStrictEqual([
      [36, subscription, publication, { retained: true }, [21.5], { unit: "C" }],
    ]);
  });

  test("[RET-02] gives way to the next retained one, not to one that is not", () => {
    const realm = published([
      [{ retain: true }, TOPIC, [1]],
      [{}, TOPIC, [2]],
      [{ retain: false }, TOPIC, [3]],
    ]);
    expect(argsOf(retained(realm, "one"))).toStrictEqual([[1]]);
    realm.join("other").send([16, 1, { retain: true }, TOPIC, [4]]);
    expect(argsOf(retained(realm, "two"))).toStrictEqual([[4]]);
  });

  test("[RET-03][ORD-02][RET-11] comes after SUBSCRIBED, marked as retained, with its own publication id", () => {
    const realm = new TestRealm();
    const publisher = realm.join("publisher");
    publisher.send([16, 1, { retain: true, acknowledge: true }, TOPIC, [21.5]]);
    const [[, [, , publication]]] = realm.take() as [[string, Line]];
    const lines = subscribe(realm, "subscriber", TOPIC, { get_retained: true });
    const subscription = lines[0]?.[2];
    expect(lines).toStrictEqual([
      [33, 1, subscription],
      [36, subscription, publication, { retained: true }, [21.5]],
    ]);
  });

  test.each([[{}], [{ get_retained: false }], [{ get_retained: null }]])(
    "[RET-04] is not sent for the options %j",
    (options) => {
      const realm = published([[{ retain: true }, TOPIC, [1]]]);
      expect(subscribe(realm, "subscriber", TOPIC, options)).toStrictEqual([[33, 1, expect.any(Number)]]);
    },
  );

  test("[RET-12] is sent again to a session that subscribes again", () => {
    const realm = published([[{ retain: true }, TOPIC, [1]]]);
    const subscriber = realm.join("subscriber");
    subscriber.send([32, 1, { get_retained: true }, TOPIC]);
    const first = realm.take();
    subscriber.send([32, 2, { get_retained: true }, TOPIC]);
    const second = realm.take();
    expect(first).toHaveLength(2);
    expect(second[0]).toStrictEqual(["subscriber", [33, 2, first[0]?.[1][2]]]);
    expect(second[1]).toStrictEqual(first[1]);
  });

  test("[RET-13] tells of its publisher what the PUBLISH disclosed", () => {
    const realm = new TestRealm();
    const publisher = realm.join("publisher");
    publisher.send([16, 1, { retain: true, disclose_me: true }, TOPIC]);
    publisher.disconnect();
    realm.take();
    expect(retained(realm, "subscriber")[0]?.[3]).toStrictEqual({
      retained: true,
      publisher: 1,
      publisher_authid: expect.any(String),
      publisher_authrole: "anonymous",
    });
  });

  test("[RET-14] outlives its publisher, the last subscriber, sleep and a restart", () => {
    const realm = new TestRealm();
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    publisher.send([16, 1, { retain: true }, TOPIC, ["kept"], { really: true }]);
    const publication = realm.take().at(-1)?.[1][2];
    const events = (name: string) => retained(realm, name).map(([, , ...event]) => event);
    const expected = [[publication, { retained: true }, ["kept"], { really: true }]];
    publisher.disconnect();
    subscriber.disconnect();
    expect(events("one")).toStrictEqual(expected);
    realm.sleepAndWake();
    expect(events("two")).toStrictEqual(expected);
    realm.restart();
    expect(events("three")).toStrictEqual(expected);
  });

  test("[RET-14] is lost by a crash only within the second it takes to be written", () => {
    const realm = published([[{ retain: true }, TOPIC, ["old"]]]);
    realm.flush();
    realm.join("other").send([16, 1, { retain: true }, TOPIC, ["new"]]);
    realm.restart();
    expect(argsOf(retained(realm, "subscriber"))).toStrictEqual([["old"]]);
  });

  test("[RET-14] keeps binary, large integers and no payload at all as they were", () => {
    const binary = "\u0000AAEC";
    const realm = published([
      [{ retain: true }, "a.binary", [binary, { deep: [binary] }]],
      [{ retain: true }, "b.nothing"],
      [{ retain: true }, "c.unicode", ['\ud83d\ude00 " \\ \n \u0001']],
    ]);
    realm.sleepAndWake();
    expect(retained(realm, "subscriber", "", { match: "prefix" }).map(([, , , , ...payload]) => payload)).toStrictEqual(
      [[[binary, { deep: [binary] }]], [], [['\ud83d\ude00 " \\ \n \u0001']]],
    );
  });
});

describe("who may receive a retained event", () => {
  // The publisher is session 1, each later session one more; authids of the realm are "Ag…" for session 2.
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
        const realm = published([[{ retain: true, ...options }, TOPIC, ["some"]]]);
        // Sessions and publications draw from one counter: 1 is the publisher's, 2 the publication.
        realm.lastId = 3;
        expect(argsOf(retained(realm, "four", TOPIC, { match }))).toStrictEqual(expected);
      }
    }
  });

  test.each([
    ["exclude_authid", (authid: string) => ({ exclude_authid: [authid] }), []],
    ["exclude_authid", () => ({ exclude_authid: ["absent"] }), [["some"]]],
    ["eligible_authid", (authid: string) => ({ eligible_authid: [authid] }), [["some"]]],
    ["eligible_authid", () => ({ eligible_authid: ["absent"] }), []],
  ])("[RET-05][BWL-12] is decided by the list %s, also after sleep", (_, options, expected) => {
    const realm = new TestRealm();
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    const { authid } = [...realm.realm.sessions.byId.values()][1]?.identity ?? { authid: "" };
    publisher.send([16, 1, { retain: true, ...options(authid) }, TOPIC, ["some"]]);
    for (const sleeps of [false, true]) {
      if (sleeps) realm.sleepAndWake();
      realm.take();
      subscriber.send([32, 1, { get_retained: true }, TOPIC]);
      expect(argsOf(retainedIn(linesOf(realm)))).toStrictEqual(expected);
    }
  });

  test("[RET-05] the publisher itself is excluded unless it said otherwise, and a later session of its is not", () => {
    const realm = new TestRealm();
    const publisher = realm.join("publisher");
    publisher.send(
      [16, 1, { retain: true }, "a", ["not to me"]],
      [16, 2, { retain: true, exclude_me: false }, "b", ["to me too"]],
    );
    for (const sleeps of [false, true]) {
      if (sleeps) realm.sleepAndWake();
      realm.take();
      publisher.send([32, 3, { match: "prefix", get_retained: true }, ""]);
      expect(argsOf(retainedIn(linesOf(realm)))).toStrictEqual([["to me too"]]);
    }
    expect(argsOf(retained(realm, "again", "a"))).toStrictEqual([["not to me"]]);
  });

  test("[RET-06][RET-07] the latest event the subscriber may have is sent: one for all, and those for some after it", () => {
    const realm = published([
      [{ retain: true, eligible: [100] }, TOPIC, ["before"]],
      [{ retain: true }, TOPIC, ["for all"]],
      [{ retain: true, eligible: [100, 101] }, TOPIC, ["for two"]],
      [{ retain: true, eligible: [101] }, TOPIC, ["for one"]],
    ]);
    for (const sleeps of [false, true]) {
      if (sleeps) realm.sleepAndWake();
      for (const [id, expected] of [
        [99, "for all"],
        [100, "for two"],
        [101, "for one"],
      ] as const) {
        realm.lastId = id - 1;
        const client = realm.join("subscriber");
        realm.take();
        client.send([32, 1, { get_retained: true }, TOPIC]);
        expect(argsOf([realm.take()[1]?.[1] as Line])).toStrictEqual([[expected]]);
        client.disconnect();
      }
    }
  });

  test("[RET-06] a new event for all discards those for some, written or not", () => {
    for (const sleeps of [false, true]) {
      const realm = published([[{ retain: true, eligible: [100] }, TOPIC, ["for one"]]]);
      if (sleeps) realm.sleepAndWake();
      realm.join("other").send([16, 1, { retain: true }, TOPIC, ["for all"]]);
      realm.lastId = 99;
      expect(argsOf(retained(realm, "hundred"))).toStrictEqual([["for all"]]);
    }
  });

  test("[RET-06][RET-09] of the events for some the latest 15 are kept beside the one for all", () => {
    const forSome = Array.from({ length: 20 }, (_, i) => [{ retain: true, eligible: [100 + i] }, TOPIC, [i]] as const);
    const realm = published([[{ retain: true }, TOPIC, ["for all"]], ...forSome]);
    for (const [id, expected] of [
      [100, "for all"],
      [104, "for all"],
      [105, 5],
      [119, 19],
    ] as const) {
      realm.lastId = id - 1;
      expect(argsOf(retained(realm, `session ${id}`))).toStrictEqual([[expected]]);
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
      const realm = published(TOPICS);
      if (sleeps) realm.sleepAndWake();
      const events = retained(realm, "subscriber", pattern, { match });
      expect(events.map(([, , , details]) => details)).toStrictEqual(
        topics.map((topic) => ({ retained: true, topic })),
      );
    }
  });

  test("[RET-10][RET-11] tells events by the ids they were published with", () => {
    const realm = published(TOPICS);
    const ids = retained(realm, "one", "a.", { match: "prefix" }).map(([, , publication]) => publication);
    expect(ids).toStrictEqual([2, 4, 6]);
  });

  test("[RET-10] brings no more than `replay` of them, the latest ones", () => {
    const realm = published(TOPICS, { store: { retain: { replay: 2 } } });
    expect(argsOf(retained(realm, "subscriber", "a", { match: "prefix" }))).toStrictEqual([[4], [5]]);
  });

  test("[RET-10] brings no more than a client may well leave unread", () => {
    const megabyte = "x".repeat(1_000_000);
    const messages = Array.from({ length: 12 }, (_, i) => [{ retain: true }, `a.t${i}`, [megabyte]] as const);
    const realm = published(messages);
    expect(retained(realm, "subscriber", "a", { match: "prefix" })).toHaveLength(8);
  });
});

describe("what is kept", () => {
  const topics = (realm: TestRealm) => {
    const events = retained(realm, "subscriber", "", { match: "prefix" });
    return events.map(([, , , details]) => (details as { topic: string }).topic);
  };
  const some = (count: number, payload: unknown = 1) =>
    Array.from({ length: count }, (_, i) => [{ retain: true }, `t${i}`, [payload]] as const);

  test("[RET-09] is bounded by a number of topics: when it is exceeded the oldest tenth goes", () => {
    const realm = published(some(10), { store: { retain: { limit: 10 } } });
    realm.flush();
    expect(topics(realm)).toHaveLength(10);
    realm.join("other").send([16, 1, { retain: true }, "one.more"]);
    realm.flush();
    expect(topics(realm)).toStrictEqual(["t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "one.more"]);
  });

  test("[RET-09] is bounded by the bytes of all events", () => {
    const realm = published(some(10, "x".repeat(1000)), { store: { retain: { max_bytes: 5_000 } } });
    realm.flush();
    expect(topics(realm)).toStrictEqual(["t6", "t7", "t8", "t9"]);
  });

  test("[RET-09] is bounded by age, to the millisecond for who asks, and removed later", () => {
    const realm = published([[{ retain: true }, "old"]], { store: { retain: { max_age: 60 } } });
    realm.flush();
    realm.time = 50_000;
    realm.join("other").send([16, 1, { retain: true }, "new"]);
    realm.flush();
    realm.time = 60_000;
    expect(topics(realm)).toStrictEqual(["old", "new"]);
    realm.time = 60_001;
    expect(topics(realm)).toStrictEqual(["new"]);
    expect(retained(realm, "exact", "old")).toStrictEqual([]);
    expect(realm.store.retained.size().rows).toBe(2);
    realm.join("another").send([16, 1, { retain: true }, "newer"]);
    realm.flush();
    expect(realm.store.retained.size().rows).toBe(2);
  });

  test("[RET-08] does not include topics the configuration declines, and that is no error", () => {
    const decline = [
      { uri: "com.app.", match: "prefix" },
      { uri: "exactly" },
      { uri: "a..c", match: "wildcard" },
    ] as const;
    const realm = new TestRealm({ store: { retain: { decline } } });
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, { match: "prefix" }, ""]);
    realm.take();
    const names = ["com.app.one", "exactly", "a.b.c", "exactly.not", "com.ap"];
    publisher.send(...names.map((topic, i) => [16, i + 1, { retain: true, acknowledge: true }, topic]));
    const received = realm.take();
    expect(received.filter(([, [type]]) => type === 17)).toHaveLength(5);
    expect(received.filter(([, [type]]) => type === 36)).toHaveLength(5);
    expect(topics(realm)).toStrictEqual(["exactly.not", "com.ap"]);
  });

  test("[RET-09] is written before much of it waits in memory", () => {
    const realm = published(some(2, "x".repeat(600_000)));
    expect(realm.store.retained.size().rows).toBe(2);
  });

  test("is not what a PUBLISH refused would have been", () => {
    const realm = new TestRealm({
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: { subscribe: true } }] }],
    });
    realm.join("publisher").send([16, 1, { retain: true, acknowledge: true }, TOPIC]);
    expect(realm.take()[0]?.[1][4]).toBe("wamp.error.not_authorized");
    expect(retained(realm, "subscriber")).toStrictEqual([]);
  });
});

test("[RET-15] WELCOME announces event_retention", () => {
  const realm = new TestRealm();
  realm.connect("client").send([1, "realm1", { roles: { subscriber: {} } }]);
  const details = realm.take()[0]?.[1][2] as { roles: { broker: { features: object } } };
  expect(details.roles.broker.features).toMatchObject({ event_retention: true });
});

describe("a retained event that is to go", () => {
  const remove = (realm: TestRealm, topic: string, name = "remover") => {
    const client = realm.join(name);
    realm.take();
    client.send([48, 1, {}, "wamp.edge.retained.remove", [topic]]);
    const [line] = linesOf(realm);
    return line;
  };

  test.each([
    ["before it was written", false],
    ["after it was written", true],
  ])("is removed by wamp.edge.retained.remove %s", (_, isWritten) => {
    const realm = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, "com.myapp.other", [2]],
      [{ retain: true, eligible_authrole: ["anonymous"] }, TOPIC, [3]],
    ]);
    if (isWritten) realm.flush();
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
    expect(argsOf(retained(realm, "late"))).toStrictEqual([]);
    realm.flush();
    realm.restart();
    expect(argsOf(retained(realm, "later", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2]]);
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test("is replaced, not removed, by one without payload, which is a value like others", () => {
    const realm = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, TOPIC],
    ]);
    expect(argsOf(retained(realm, "late"))).toStrictEqual([undefined]);
  });

  test("stays where the caller may not publish on its topic", () => {
    const realm = published([[{ retain: true }, TOPIC, [1]]], {
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
    expect(remove(realm, "com.forbidden")?.slice(0, 5)).toStrictEqual([8, 48, 1, {}, "wamp.error.not_authorized"]);
    expect(remove(realm, "wamp.session.on_join")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(realm, "no uri")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
  });

  test("goes by itself after _retained_ttl seconds, also in sleep, and uncovers no earlier one", () => {
    const realm = published([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true, _retained_ttl: 60 }, TOPIC, [2]],
      [{ retain: true, _retained_ttl: 10 }, "com.myapp.short", [3]],
      [{ retain: true }, "com.myapp.long", [4]],
    ]);
    realm.advance(9_000);
    expect(argsOf(retained(realm, "a", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [3], [4]]);
    realm.sleepAndWake();
    realm.advance(2_000);
    expect(argsOf(retained(realm, "b", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [4]]);
    expect(argsOf(retained(realm, "c", "com.myapp.short"))).toStrictEqual([]);
    realm.advance(50_000);
    expect(argsOf(retained(realm, "d"))).toStrictEqual([]);
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test.each([0, -1, 1.5, "60", true])("has no life time of %j", (ttl) => {
    const realm = new TestRealm();
    realm.join("ann").send([16, 1, { retain: true, _retained_ttl: ttl }, TOPIC]);
    expect(linesOf(realm)[0]?.[1]).toStrictEqual({ message: "PUBLISH: invalid _retained_ttl" });
  });
});
