/** Event history: what is kept of which publications, and who gets to see which of them. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { denial } from "../authorization/denial-errors.ts";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";

const TOPIC = "com.mycompany.log.auth";
const PREFIX = "com.mycompany.log.";

type HistoryInput = NonNullable<NonNullable<RealmInput["store"]>["event-history"]>;

/** A realm with a history of `TOPIC`, a publisher, and a session that queries the history. */
function testRealmOf(history: HistoryInput = [{ uri: TOPIC }], input: Partial<RealmInput> = {}) {
  const testRealm = new TestRealm({ store: { "event-history": history }, ...input });
  const [publisher, caller] = testRealm.joinAll("publisher", "caller");
  return { testRealm, publisher, caller };
}

let request = 0;

/** Publishes a second after the last one; the publication id. */
function publish(
  testRealm: TestRealm,
  publisher: Client,
  topic: string,
  payload: readonly unknown[] = [],
  options = {},
): number {
  testRealm.time += 1000;
  publisher.send([16, ++request, { acknowledge: true, ...options }, topic, ...payload]);
  const published = testRealm.take().find(([, [type]]) => type === 17);
  return published?.[1][2] as number;
}

/** Publishes one event with each of these Arguments on `TOPIC`; their publication ids. */
function publishAll(testRealm: TestRealm, publisher: Client, args: readonly unknown[], topic = TOPIC): number[] {
  return args.map((arg) => publish(testRealm, publisher, topic, [[arg]]));
}

function call(
  testRealm: TestRealm,
  caller: Client,
  procedure: string,
  args: readonly unknown[],
  kwargs = {},
  options = {},
): Line[] {
  caller.send([48, ++request, options, procedure, args, kwargs]);
  return testRealm.take().map(([, line]) => line as Line);
}

function lookup(testRealm: TestRealm, caller: Client, topic: string, match = "exact"): unknown {
  const [result] = call(testRealm, caller, "wamp.subscription.lookup", [topic, { match }]);
  return (result?.[3] as unknown[] | undefined)?.[0];
}

/** The answer of get_events for the history of `topic`. */
function getEvents(
  testRealm: TestRealm,
  caller: Client,
  kwargs = {},
  topic = TOPIC,
  match = "exact",
): Line | undefined {
  const [answer] = call(
    testRealm,
    caller,
    "wamp.subscription.get_events",
    [lookup(testRealm, caller, topic, match)],
    kwargs,
  );
  return answer;
}

interface EventDict {
  readonly timestamp: string;
  readonly subscription: number;
  readonly publication: number;
  readonly args?: unknown[];
}

const eventsIn = (answer: Line | undefined) => (answer?.[3] ?? []) as EventDict[];
const argsIn = (answer: Line | undefined) => eventsIn(answer).map(({ args }) => args?.[0]);
const refused = (uri: string) => [8, 48, request, {}, ...denial(uri)];

describe("an event history", () => {
  test("[HIS-01] is every publication once, however many subscribers it has, by subscription, in the order of arrival", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC }, { uri: PREFIX, match: "prefix" }]);
    const [one, other] = testRealm.joinAll("one", "other");
    for (const client of [one, other]) client.send([32, 1, {}, TOPIC]);
    publish(testRealm, publisher, TOPIC, [[1]]);
    publish(testRealm, publisher, `${PREFIX}basket`, [[2]]);
    one.send([34, 2, lookup(testRealm, caller, TOPIC)]);
    other.disconnect();
    publish(testRealm, publisher, TOPIC, [[3]]);
    publish(testRealm, publisher, "com.elsewhere", [[4]]);
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([1, 3]);
    expect(argsIn(getEvents(testRealm, caller, {}, PREFIX, "prefix"))).toStrictEqual([1, 2, 3]);
  });

  test("[HIS-02][HIS-03] get_events takes the subscription id and answers with the list of events", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    const subscription = lookup(testRealm, caller, TOPIC);
    const ids = [
      publish(testRealm, publisher, TOPIC),
      publish(testRealm, publisher, TOPIC, [["a", { b: 1 }]]),
      publish(testRealm, publisher, TOPIC, [[], { c: 2 }], { disclose_me: true }),
    ];
    const answer = call(testRealm, caller, "wamp.subscription.get_events", [subscription], { limit: 10 });
    const publisherDetails = { publisher: 1, publisher_authid: expect.any(String), publisher_authrole: "anonymous" };
    expect(answer).toStrictEqual([
      [
        50,
        request,
        {},
        [
          { timestamp: "1970-01-01T00:00:01.000Z", subscription, publication: ids[0], details: {} },
          {
            timestamp: "1970-01-01T00:00:02.000Z",
            subscription,
            publication: ids[1],
            details: {},
            args: ["a", { b: 1 }],
          },
          {
            timestamp: "1970-01-01T00:00:03.000Z",
            subscription,
            publication: ids[2],
            details: publisherDetails,
            args: [],
            kwargs: { c: 2 },
          },
        ],
      ],
    ]);
  });

  test("[HIS-03] events of a pattern tell their topic in their details", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: "com...auth", match: "wildcard" }]);
    publish(testRealm, publisher, TOPIC);
    const [event] = eventsIn(getEvents(testRealm, caller, {}, "com...auth", "wildcard"));
    expect(event).toMatchObject({ details: { topic: TOPIC } });
  });

  test("[HIS-01] is the same before it is written, after it is, after sleep and after a restart", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    const subscription = lookup(testRealm, caller, TOPIC);
    publishAll(testRealm, publisher, ["\u0000AAEC", '\ud83d\ude00\n"', { deep: [1.5, null] }]);
    const before = getEvents(testRealm, caller)?.[3];
    testRealm.flush();
    expect(getEvents(testRealm, caller)?.[3]).toStrictEqual(before);
    publishAll(testRealm, publisher, ["unwritten"]);
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([...argsIn([0, 0, 0, before]), "unwritten"]);
    expect(argsIn(getEvents(testRealm, caller, { reverse: true, limit: 2 }))).toStrictEqual([
      "unwritten",
      { deep: [1.5, null] },
    ]);
    testRealm.sleepAndWake();
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([...argsIn([0, 0, 0, before]), "unwritten"]);
    testRealm.restart();
    const again = testRealm.join("again");
    expect(lookup(testRealm, again, TOPIC)).toBe(subscription);
    expect(eventsIn(getEvents(testRealm, again)).slice(0, 3)).toStrictEqual(before);
    expect(eventsIn(getEvents(testRealm, again))).toHaveLength(4);
  });

  test("[HIS-01] a crash loses unacknowledged events that the realm has had no second to write, and nothing else", () => {
    const { testRealm, publisher } = testRealmOf();
    publishAll(testRealm, publisher, [1, 2]);
    publisher.send([16, ++request, {}, TOPIC, ["unacknowledged"]]);
    testRealm.restart();
    expect(argsIn(getEvents(testRealm, testRealm.join("caller")))).toStrictEqual([1, 2]);
  });

  test.each([
    ["exclude", { exclude: [99] }],
    ["an empty exclude", { exclude: [] }],
    ["eligible", { eligible: [1, 2, 3, 4] }],
  ])("[HIS-12] is no publication with %s", (_, options) => {
    const { testRealm, publisher, caller } = testRealmOf();
    publish(testRealm, publisher, TOPIC, [["kept"]]);
    publish(testRealm, publisher, TOPIC, [["not kept"]], options);
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(["kept"]);
  });

  test.each([1, 3, 5])("[HIS-01] is bounded by the number %i of events", (limit) => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit }]);
    const all = Array.from({ length: 20 }, (_, i) => i);
    for (const [index, arg] of all.entries()) {
      publishAll(testRealm, publisher, [arg]);
      if (index % 7 === 4) testRealm.flush();
      const kept = all.slice(0, index + 1).slice(-limit);
      expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(kept);
      expect(argsIn(getEvents(testRealm, caller, { reverse: true }))).toStrictEqual(kept.toReversed());
    }
    testRealm.sleepAndWake();
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(all.slice(-limit));
  });

  test("[HIS-01] is bounded by age", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, max_age: 10 }]);
    publishAll(testRealm, publisher, [1, 2]);
    testRealm.flush();
    testRealm.time = 11_000;
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([1, 2]);
    testRealm.time = 11_001;
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([2]);
    testRealm.time = 60_000;
    publishAll(testRealm, publisher, [3]);
    testRealm.flush();
    const [log] = testRealm.store.history.logs();
    expect([...testRealm.store.history.read(log?.id ?? 0, 100, false)]).toHaveLength(1);
  });

  test("[HIS-01] is no more than the limit even before it is written, and written before much of it waits", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 2 }]);
    publishAll(testRealm, publisher, [1, 2, 3, "x".repeat(300_000), "y".repeat(300_000)]);
    const [log] = testRealm.store.history.logs();
    expect([...testRealm.store.history.read(log?.id ?? 0, 100, false)]).toHaveLength(2);
    const end = (kwargs: object) =>
      argsIn(getEvents(testRealm, caller, { limit: 1, ...kwargs })).map((arg) => String(arg)[0]);
    expect([...end({}), ...end({ reverse: true })]).toStrictEqual(["x", "y"]);
  });

  test("is removed when the configuration asks for it no more; what it still asks for stays", () => {
    const { testRealm, publisher } = testRealmOf([{ uri: TOPIC }, { uri: PREFIX, match: "prefix" }]);
    publishAll(testRealm, publisher, [1]);
    testRealm.flush();
    testRealm.restart({ store: { "event-history": [{ uri: TOPIC, limit: 7 }] } });
    expect(testRealm.store.history.logs()).toHaveLength(1);
    expect(argsIn(getEvents(testRealm, testRealm.join("caller")))).toStrictEqual([1]);
    testRealm.restart({ store: { "event-history": [{ uri: TOPIC, match: "prefix" }] } });
    expect(argsIn(getEvents(testRealm, testRealm.join("caller"), {}, TOPIC, "prefix"))).toStrictEqual([]);
    testRealm.restart({});
    expect(testRealm.store.history.logs()).toStrictEqual([]);
  });
});

describe("the subscription of a history", () => {
  test("[HIS-14] exists from the start, with an id that never changes", () => {
    const { testRealm, caller } = testRealmOf();
    const subscription = lookup(testRealm, caller, TOPIC);
    expect(subscription).toEqual(expect.any(Number));
    testRealm.sleepAndWake();
    expect(lookup(testRealm, caller, TOPIC)).toBe(subscription);
    testRealm.restart();
    expect(lookup(testRealm, testRealm.join("other"), TOPIC)).toBe(subscription);
  });

  test("[SUB-10][HIS-14] is joined and left like any other, and stays when the last subscriber leaves", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    const subscription = lookup(testRealm, caller, TOPIC);
    const events = testRealm.join("events");
    events.send([32, 1, { match: "prefix" }, "wamp.subscription."]);
    const subscriber = testRealm.join("subscriber");
    testRealm.take();
    const topicsOf = (entries: Entry[]) => entries.flatMap(([name, line]) => (name === "events" ? [line[3]] : []));
    subscriber.send([32, 1, {}, TOPIC]);
    const joining = testRealm.take();
    expect(joining[0]).toStrictEqual(["subscriber", [33, 1, subscription]]);
    // It was there before and is there afterwards: neither on_create nor on_delete.
    expect(topicsOf(joining)).toStrictEqual([{ topic: "wamp.subscription.on_subscribe" }]);
    publisher.send([16, 1, {}, TOPIC]);
    expect(testRealm.take()).toStrictEqual([["subscriber", [36, subscription, expect.any(Number), {}]]]);
    subscriber.send([34, 2, subscription]);
    expect(topicsOf(testRealm.take())).toStrictEqual([{ topic: "wamp.subscription.on_unsubscribe" }]);
    expect(lookup(testRealm, caller, TOPIC)).toBe(subscription);
    subscriber.disconnect();
    testRealm.take();
    expect(lookup(testRealm, caller, TOPIC)).toBe(subscription);
  });

  test("[SUB-10] without history a subscription ends with its last subscriber, and the next one has another id", () => {
    const { testRealm, caller } = testRealmOf([]);
    caller.send([32, 1, {}, TOPIC]);
    testRealm.take();
    const subscription = lookup(testRealm, caller, TOPIC);
    caller.send([34, 2, subscription]);
    testRealm.take();
    expect(lookup(testRealm, caller, TOPIC)).toBe(null);
    caller.send([32, 3, {}, TOPIC]);
    testRealm.take();
    expect(lookup(testRealm, caller, TOPIC)).not.toBe(subscription);
  });

  test("[HIS-14] a session that slept is still subscribed to it", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    caller.send([32, 1, {}, TOPIC]);
    testRealm.sleepAndWake();
    testRealm.take();
    publisher.send([16, 1, {}, TOPIC]);
    expect(testRealm.take()).toHaveLength(1);
    expect(eventsIn(getEvents(testRealm, caller))).toHaveLength(1);
  });
});

describe("the filters of get_events", () => {
  /** Five events, published at 1, 2, 3, 4 and 5 s, the first three of them written. */
  function fiveEvents() {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: PREFIX, match: "prefix" }]);
    const ids = [1, 2, 3, 4, 5].map((n) => {
      const id = publish(testRealm, publisher, `${PREFIX}${n % 2 === 0 ? "even" : "odd"}`, [[n]]);
      if (n === 3) testRealm.flush();
      return id;
    });
    const ask = (kwargs: object) => getEvents(testRealm, caller, kwargs, PREFIX, "prefix");
    return { testRealm, publisher, caller, ids, ask };
  }

  const at = (second: number) => `1970-01-01T00:00:0${second}Z`;
  /** Stands for a publication id in the tables below. */
  const nth = (n: number) => ({ nth: n });

  /** Asks for the events 1 to 5, of which `found` are to be the answer, before and after the realm slept. */
  function expectFound(kwargs: Record<string, unknown>, found: number[]): void {
    for (const sleeps of [false, true]) {
      const { testRealm, ids, ask } = fiveEvents();
      if (sleeps) testRealm.sleepAndWake();
      const named = Object.entries(kwargs).map(([key, value]) => {
        const isNth = typeof value === "object" && value !== null;
        return [key, isNth ? ids[(value as { nth: number }).nth - 1] : value];
      });
      expect(argsIn(ask(Object.fromEntries(named)))).toStrictEqual(found);
    }
  }

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ limit: 2 }, [1, 2]],
    [{ limit: 5 }, [1, 2, 3, 4, 5]],
    [{ limit: 2, reverse: true }, [5, 4]],
  ])("[HIS-04] limit is how many at most, counted from the end asked for: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{}, [1, 2, 3, 4, 5]],
    [{ reverse: false }, [1, 2, 3, 4, 5]],
    [{ reverse: true }, [5, 4, 3, 2, 1]],
  ])("[HIS-05] reverse is the newest first: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ from_time: at(3) }, [3, 4, 5]],
    [{ after_time: at(3) }, [4, 5]],
    [{ before_time: at(3) }, [1, 2]],
    [{ until_time: at(3) }, [1, 2, 3]],
    [{ from_time: "1970-01-01T00:00:02.001Z", until_time: at(4) }, [3, 4]],
    [{ from_time: "1970-01-01T01:00:04+01:00" }, [4, 5]],
    [{ from_time: "1969-12-31t19:30:04-04:30" }, [4, 5]],
    [{ after_time: "1970-01-01T00:00:04.999999z" }, [5]],
  ])("[HIS-06] times bound the time of the publication, with or without the bound itself: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ from_publication: nth(4) }, [4, 5]],
    [{ after_publication: nth(3) }, [4, 5]],
    [{ before_publication: nth(4) }, [1, 2, 3]],
    [{ until_publication: nth(3) }, [1, 2, 3]],
    [{ from_publication: nth(4), reverse: true }, [5, 4]],
    [{ after_publication: nth(3), reverse: true }, [5, 4]],
    [{ before_publication: nth(4), reverse: true }, [3, 2, 1]],
    [{ until_publication: nth(3), reverse: true }, [3, 2, 1]],
    [{ from_publication: nth(2), until_publication: nth(4) }, [2, 3, 4]],
    [{ after_publication: nth(2), before_publication: nth(4) }, [3]],
    [{ after_publication: nth(2), before_publication: nth(4), reverse: true }, [3]],
    [{ from_publication: nth(3), until_publication: nth(3) }, [3]],
    [{ from_publication: nth(3), after_publication: nth(3) }, [4, 5]],
    [{ from_publication: nth(2), after_publication: nth(3) }, [4, 5]],
    [{ until_publication: nth(4), before_publication: nth(3) }, [1, 2]],
    [{ from_publication: nth(4), until_publication: nth(2) }, []],
    [{ after_publication: nth(5) }, []],
    [{ before_publication: nth(1) }, []],
    [{ from_publication: 999_999 }, []],
    [{ until_publication: 999_999 }, []],
    [{ before_publication: 999_999, limit: 1 }, []],
    [{ after_publication: nth(2), limit: 2 }, [3, 4]],
    [{ before_publication: nth(4), limit: 2, reverse: true }, [3, 2]],
  ])("[HIS-07] publications bound the place in the log, with or without the bound itself: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ topic: `${PREFIX}even` }, [2, 4]],
    [{ topic: `${PREFIX}` }, []],
  ])("[HIS-08] topic is that very topic: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ topic: `${PREFIX}odd`, after_publication: nth(1), until_time: at(4), limit: 9 }, [3]],
    [{ from_time: at(3), until_time: at(2) }, []],
    [{ reverse: null, limit: null, from_time: null, topic: null, from_publication: null }, [1, 2, 3, 4, 5]],
  ])("[HIS-09] all filters hold at once, and null is none: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([[{ unknown: 1 }, [1, 2, 3, 4, 5]]])(
    "[META-07] what is no filter is ignored: %j",
    expectFound,
  );

  test("[HIS-09] nothing found is an answer without Arguments", () => {
    const { ask } = fiveEvents();
    expect(ask({ topic: "com.none" })).toStrictEqual([50, request, {}]);
  });

  test("[HIS-04] Crossbar.io's positional limit counts too, and the keyword more", () => {
    const { testRealm, caller } = fiveEvents();
    const subscription = lookup(testRealm, caller, PREFIX, "prefix");
    const ask = (args: unknown[], kwargs = {}) =>
      argsIn(call(testRealm, caller, "wamp.subscription.get_events", args, kwargs)[0]);
    expect(ask([subscription, 2])).toStrictEqual([1, 2]);
    expect(ask([subscription, 2], { limit: 3 })).toStrictEqual([1, 2, 3]);
    expect(ask([subscription, null])).toHaveLength(5);
  });

  function expectRefused(kwargs: object): void {
    const { ask } = fiveEvents();
    expect(ask(kwargs)).toStrictEqual([...refused("wamp.error.invalid_argument"), expect.any(Array)]);
  }

  test.each<[object]>([[{ limit: 0 }], [{ limit: -1 }], [{ limit: 1.5 }], [{ limit: "1" }]])(
    "[HIS-04] %j is refused",
    expectRefused,
  );

  test.each<[object]>([[{ reverse: "yes" }]])("[HIS-05] %j is refused", expectRefused);

  test.each<[object]>([
    [{ from_time: "yesterday" }],
    [{ after_time: 5 }],
    [{ before_time: "1970-01-01" }],
    [{ until_time: "1970-01-01T00:00:00" }],
    [{ until_time: "1970-02-30T00:00:00Z" }],
    [{ until_time: "1970-13-01T00:00:00Z" }],
    [{ until_time: "1970-01-01T25:00:00Z" }],
  ])("[HIS-06] %j is refused", expectRefused);

  test.each<[object]>([[{ from_publication: "1" }], [{ until_publication: 0 }]])(
    "[HIS-07] %j is refused",
    expectRefused,
  );

  test.each<[object]>([[{ topic: 1 }]])("[HIS-08] %j is refused", expectRefused);
});

describe("a query of the history", () => {
  test.each([[[]], [["x"]], [[0]], [[null]]])("[META-05] arguments %j are refused", (args) => {
    const { testRealm, caller } = testRealmOf();
    const [answer] = call(testRealm, caller, "wamp.subscription.get_events", args);
    expect(answer).toStrictEqual([...refused("wamp.error.invalid_argument"), expect.any(Array)]);
  });

  test("[HIS-10] an unknown subscription is no_such_subscription", () => {
    const { testRealm, caller } = testRealmOf();
    const [answer] = call(testRealm, caller, "wamp.subscription.get_events", [123_456]);
    expect(answer).toStrictEqual(refused("wamp.error.no_such_subscription"));
  });

  test("[HIS-18] a subscription without history has no events", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    caller.send([32, 1, {}, "com.other"]);
    publish(testRealm, publisher, "com.other", [[1]]);
    expect(getEvents(testRealm, caller, {}, "com.other")).toStrictEqual([50, request, {}]);
  });

  test("[HIS-11] the caller must be allowed to subscribe, to a pattern as a whole", () => {
    const allow = { call: true, publish: true };
    const permissions = [
      { uri: "", match: "prefix", allow: { ...allow, subscribe: true } },
      { uri: "com.secret", allow },
    ] as const;
    const history = [{ uri: "com.open" }, { uri: "com.secret" }, { uri: "com.", match: "prefix" }] as const;
    const { testRealm, publisher, caller } = testRealmOf(history, { roles: [{ name: "anonymous", permissions }] });
    publish(testRealm, publisher, "com.open", [["open"]]);
    publish(testRealm, publisher, "com.secret", [["secret"]]);
    expect(argsIn(getEvents(testRealm, caller, {}, "com.open"))).toStrictEqual(["open"]);
    expect(getEvents(testRealm, caller, {}, "com.secret")).toStrictEqual(refused("wamp.error.not_authorized"));
    expect(getEvents(testRealm, caller, {}, "com.", "prefix")).toStrictEqual(refused("wamp.error.not_authorized"));
  });

  test.each([
    [true, "secret"],
    [false, "wamp.error.not_authorized"],
  ])(
    "[HIS-11] where an authorizer decides who may subscribe it is asked, and its %j decides",
    async (allow, expected) => {
      const settled = () => new Promise((resolve) => setImmediate(resolve));
      const { testRealm, publisher, caller } = testRealmOf([{ uri: "com.secret", match: "prefix" }], {
        roles: [
          {
            name: "anonymous",
            permissions: [ANYTHING, { uri: "com.secret", match: "prefix", allow: { publish: true, register: true } }],
          },
          {
            name: "asking",
            permissions: [{ uri: "wamp.", match: "prefix", allow: { call: true } }],
            authorizer: "com.authorize",
          },
        ],
      });
      publish(testRealm, publisher, "com.secret.a", [["secret"]]);
      const subscription = lookup(testRealm, caller, "com.secret", "prefix");
      publisher.send([64, 1, {}, "com.authorize"]);
      caller.alterSession({ identity: { ...caller.savedSession.identity, authrole: "asking" } });
      testRealm.sleepAndWake();
      testRealm.take();
      caller.send([48, ++request, {}, "wamp.subscription.get_events", [subscription]]);
      await settled();
      const [[judge, [type, invocation, , , [, ...question]]]] = testRealm.take() as unknown as [
        [string, [number, number, number, object, unknown[]]],
      ];
      expect([judge, type, question]).toStrictEqual([
        "publisher",
        68,
        ["com.secret", "subscribe", { match: "prefix" }],
      ]);
      publisher.send([70, invocation, {}, [allow]]);
      await settled();
      const answer = testRealm.take()[0]?.[1] as Line;
      expect(allow ? argsIn(answer)[0] : answer[4]).toBe(expected);
    },
  );

  test("[HIS-13][BWL-12] lists of authids and authroles apply to the session that queries, not to those that were subscribed", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    const { authid } = [...testRealm.realm.sessions.byId.values()][1]?.identity ?? { authid: "" };
    const messages = [
      ["for all", {}],
      ["not for the caller", { exclude_authid: [authid] }],
      ["for the caller", { eligible_authid: [authid, "joe"] }],
      ["for joe", { eligible_authid: ["joe"] }],
      ["not for its role", { exclude_authrole: ["anonymous"] }],
      ["for its role", { eligible_authrole: ["anonymous"] }],
      ["for no session", { eligible_authrole: [] }],
    ] as const;
    for (const [arg, options] of messages) publish(testRealm, publisher, TOPIC, [[arg]], options);
    for (const sleeps of [false, true]) {
      if (sleeps) testRealm.sleepAndWake();
      expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(["for all", "for the caller", "for its role"]);
      expect(argsIn(getEvents(testRealm, publisher))).toStrictEqual(["for all", "not for the caller", "for its role"]);
      expect(argsIn(getEvents(testRealm, caller, { limit: 1, reverse: true }))).toStrictEqual(["for its role"]);
    }
  });
});

describe("a large answer", () => {
  const many = Array.from({ length: 2_500 }, (_, i) => i);

  function manyEvents(payload: unknown = undefined) {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 100_000 }]);
    const count = payload === undefined ? many.length : 8;
    for (const n of many.slice(0, count)) publisher.send([16, 1, {}, TOPIC, [n, payload]]);
    testRealm.flush();
    return { testRealm, caller };
  }

  test("[HIS-16][HIS-15] is cut after 1,000 events and says so; the caller turns the page", () => {
    const { testRealm, caller } = manyEvents();
    const pages: unknown[][] = [];
    let after: object = {};
    for (;;) {
      const answer = getEvents(testRealm, caller, after);
      pages.push(argsIn(answer));
      if ((answer?.[4] as { is_limit_reached?: boolean } | undefined)?.is_limit_reached !== true) break;
      after = { after_publication: eventsIn(answer).at(-1)?.publication };
    }
    expect(pages.map(({ length }) => length)).toStrictEqual([1000, 1000, 500]);
    expect(pages.flat()).toStrictEqual(many);
  });

  test("[HIS-15] says is_limit_reached only where there is more", () => {
    const { testRealm, caller } = manyEvents();
    expect(getEvents(testRealm, caller, { limit: 500, after_time: "1970-01-01T00:00:01Z" })?.[4]).toBeUndefined();
    expect(getEvents(testRealm, caller, { limit: 999 })?.[4]).toStrictEqual({ is_limit_reached: true });
    const last = eventsIn(getEvents(testRealm, caller, { reverse: true, limit: 500 })).at(-1)?.publication;
    expect(getEvents(testRealm, caller, { from_publication: last, limit: 500 })?.[4]).toBeUndefined();
    expect(getEvents(testRealm, caller, { from_publication: last, limit: 499 })?.[4]).toStrictEqual({
      is_limit_reached: true,
    });
  });

  test("[HIS-16] comes in progressive results for a caller that asked for them", () => {
    const { testRealm, caller } = manyEvents();
    const subscription = lookup(testRealm, caller, TOPIC);
    const answers = call(
      testRealm,
      caller,
      "wamp.subscription.get_events",
      [subscription],
      {},
      { receive_progress: true },
    );
    expect(answers.map(([type, id, details, args]) => [type, id, details, (args as unknown[]).length])).toStrictEqual([
      [50, request, { progress: true }, 1000],
      [50, request, { progress: true }, 1000],
      [50, request, {}, 500],
    ]);
    expect(answers.flatMap((answer) => argsIn(answer))).toStrictEqual(many);
  });

  test("[HIS-16] is cut by size too, and has one event at least", () => {
    const { testRealm, caller } = manyEvents("x".repeat(200_000));
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([0, 1]);
    const huge = manyEvents("x".repeat(600_000));
    expect(argsIn(getEvents(huge.testRealm, huge.caller))).toStrictEqual([0]);
    const subscription = lookup(testRealm, caller, TOPIC);
    const pages = call(
      testRealm,
      caller,
      "wamp.subscription.get_events",
      [subscription],
      {},
      { receive_progress: true },
    );
    expect(pages.map((page) => argsIn(page))).toStrictEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ]);
  });

  test("[HIS-16] ends after 16 progressive results, and says so", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 100 }]);
    for (let n = 0; n < 20; n++) publisher.send([16, 1, {}, TOPIC, [n, "x".repeat(520_000)]]);
    testRealm.take();
    const subscription = lookup(testRealm, caller, TOPIC);
    const pages = call(
      testRealm,
      caller,
      "wamp.subscription.get_events",
      [subscription],
      {},
      { receive_progress: true },
    );
    expect(pages.map((page) => argsIn(page))).toStrictEqual(Array.from({ length: 16 }, (_, n) => [n]));
    expect(pages.at(-1)?.[4]).toStrictEqual({ is_limit_reached: true });
  });
});

test.each([
  [[{ uri: TOPIC }], true, true],
  [[{ uri: TOPIC }], false, undefined],
  [[], true, undefined],
])(
  "[HIS-17] with the history %j and enable_meta_api %j WELCOME announces event_history as %j",
  (history, enable_meta_api, announced) => {
    const testRealm = new TestRealm({
      store: { "event-history": history },
      options: { enable_meta_api },
      roles: [{ name: "anonymous", permissions: [ANYTHING] }],
    });
    testRealm.connect("client").send([1, "realm1", { roles: { caller: {} } }]);
    const details = testRealm.take()[0]?.[1][2] as { roles: { broker: { features: Record<string, unknown> } } };
    expect(details.roles.broker.features.event_history).toBe(announced);
  },
);

describe("a subscription without a log of its own", () => {
  const LOGS: HistoryInput = [
    { uri: "com.", match: "prefix" },
    { uri: "com.mycompany..auth", match: "wildcard" },
  ];

  /** Arguments of the events that a new subscription gets. */
  function asked(topic: string, match = "exact", logs = LOGS): unknown {
    const { testRealm, publisher, caller } = testRealmOf(logs);
    for (const [index, each] of ["com.a", TOPIC, "com.mycompany.x.auth", "com.b.c", "org.a"].entries()) {
      publish(testRealm, publisher, each, [[index]]);
    }
    caller.send([32, ++request, { match }, topic]);
    const id = testRealm.take().find(([, [type]]) => type === 33)?.[1][2];
    const [answer] = call(testRealm, caller, "wamp.subscription.get_events", [id]);
    return eventsIn(answer).map((event) => [event.subscription === id, event.args?.[0]]);
  }

  const of = (...args: number[]) => args.map((arg) => [true, arg]);

  test.each([
    ["an exact topic", "com.a", "exact", of(0)],
    ["an exact topic that two logs have", "com.mycompany.x.auth", "exact", of(2)],
    ["a longer prefix", "com.mycompany.", "prefix", of(1, 2)],
    ["a prefix of which there is nothing", "com.zzz", "prefix", of()],
    ["a wildcard below the prefix", "com..c", "wildcard", of(3)],
    ["a wildcard with the same places", "com.mycompany.x.auth", "wildcard", of(2)],
    ["a topic that no log has", "org.a", "exact", of()],
    ["a prefix that no log takes in", "co", "prefix", of()],
    ["a wildcard that no log takes in", ".a", "wildcard", of()],
  ] as const)("has the events of a log that takes it in: %s", (_, topic, match, events) => {
    expect(asked(topic, match)).toStrictEqual(events);
  });

  test("has those of the log with the longest URI, which may keep other events than the others", () => {
    const logs: HistoryInput = [
      { uri: "com.mycompany.", match: "prefix", limit: 1 },
      { uri: "com.", match: "prefix" },
    ];
    expect(asked(TOPIC, "exact", logs)).toStrictEqual(of());
    expect(asked("com.mycompany.x.auth", "exact", logs)).toStrictEqual(of(2));
  });
});
