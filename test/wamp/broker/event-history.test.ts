/** Event history: which publications the realm keeps, how many, and for how long. */

import { describe, expect, test } from "vitest";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";
import {
  argsIn,
  call,
  eventsIn,
  getEvents,
  lookup,
  PREFIX,
  publish,
  publishAll,
  requests,
  TOPIC,
  testRealmOf,
} from "./event-history-realm.ts";

describe("event history", () => {
  test("[HIS-01] a publication is stored once per matching history, however many subscribers it has, in the order of arrival", () => {
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

  test("[HIS-02][HIS-03] get_events takes a subscription id and answers with the list of events", () => {
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
        requests.last,
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

  test("[HIS-03] an event in the history of a pattern carries its topic in its details", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: "com...auth", match: "wildcard" }]);
    publish(testRealm, publisher, TOPIC);
    const [event] = eventsIn(getEvents(testRealm, caller, {}, "com...auth", "wildcard"));
    expect(event).toMatchObject({ details: { topic: TOPIC } });
  });

  test("[HIS-01] get_events answers the same before the events are written, after the write, after sleep and after a restart", () => {
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

  test("[HIS-01] a crash loses only the unacknowledged events of the last second, which were not written yet", () => {
    const { testRealm, publisher } = testRealmOf();
    publishAll(testRealm, publisher, [1, 2]);
    publisher.send([16, ++requests.last, {}, TOPIC, ["unacknowledged"]]);
    testRealm.restart();
    expect(argsIn(getEvents(testRealm, testRealm.join("caller")))).toStrictEqual([1, 2]);
  });

  test.each([
    ["exclude", { exclude: [99] }],
    ["an empty exclude", { exclude: [] }],
    ["eligible", { eligible: [1, 2, 3, 4] }],
  ])("[HIS-12] a publication with %s is not stored", (_, options) => {
    const { testRealm, publisher, caller } = testRealmOf();
    publish(testRealm, publisher, TOPIC, [["kept"]]);
    publish(testRealm, publisher, TOPIC, [["not kept"]], options);
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(["kept"]);
  });

  test.each([1, 3, 5])("[HIS-01] a history with the limit %i keeps the latest events only", (limit) => {
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

  test("[HIS-01] a history with max_age drops events that are older", () => {
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

  test("[HIS-01] the limit also holds for events that are not written yet, and a large backlog is written at once", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 2 }]);
    publishAll(testRealm, publisher, [1, 2, 3, "x".repeat(300_000), "y".repeat(300_000)]);
    const [log] = testRealm.store.history.logs();
    expect([...testRealm.store.history.read(log?.id ?? 0, 100, false)]).toHaveLength(2);
    const end = (kwargs: object) =>
      argsIn(getEvents(testRealm, caller, { limit: 1, ...kwargs })).map((arg) => String(arg)[0]);
    expect([...end({}), ...end({ reverse: true })]).toStrictEqual(["x", "y"]);
  });

  test("a history that the configuration no longer names is removed; a history that it still names stays", () => {
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
