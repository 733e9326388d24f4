/** Event history: subscriptions that have a log of their own, and subscriptions that read the log of a wider pattern. */

import { describe, expect, test } from "vitest";
import type { Entry } from "../host/test-realm.ts";
import type { HistoryInput } from "./event-history-realm.ts";
import { call, eventsIn, getEvents, lookup, publish, requests, TOPIC, testRealmOf } from "./event-history-realm.ts";

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
    caller.send([32, ++requests.last, { match }, topic]);
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
