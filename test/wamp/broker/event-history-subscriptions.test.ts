/**
 * Event history: subscriptions that have a log of their own, and subscriptions that read the log of a wider pattern.
 */

import { describe, expect, test } from "vitest";
import type { Entry } from "../host/test-realm.ts";
import type { HistoryInput } from "./event-history-realm.ts";
import { call, eventsIn, getEvents, lookup, publish, requests, TOPIC, testRealmOf } from "./event-history-realm.ts";

describe("the subscription of an event history", () => {
  test("[HIS-14] the subscription of a history exists from the start and keeps its id over sleep and restart", () => {
    const { testRealm, caller } = testRealmOf();
    const subscription = lookup(testRealm, caller, TOPIC);
    expect(subscription).toEqual(expect.any(Number));
    testRealm.sleepAndWake();
    expect(lookup(testRealm, caller, TOPIC)).toBe(subscription);
    testRealm.restart();
    expect(lookup(testRealm, testRealm.join("other"), TOPIC)).toBe(subscription);
  });

  test("[SUB-10][HIS-14] sessions subscribe to and unsubscribe from the subscription of a history, which outlives its last subscriber", () => {
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
    // The subscription exists before and afterwards: neither on_create nor on_delete is published.
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

  test("[SUB-10] a subscription without a history is deleted with its last subscriber, and the next one has another id", () => {
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

  test("[HIS-14] a session is still subscribed to the subscription of a history after sleep", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    caller.send([32, 1, {}, TOPIC]);
    testRealm.sleepAndWake();
    testRealm.take();
    publisher.send([16, 1, {}, TOPIC]);
    expect(testRealm.take()).toHaveLength(1);
    expect(eventsIn(getEvents(testRealm, caller))).toHaveLength(1);
  });
});

describe("a subscription that has no history of its own", () => {
  const LOGS: HistoryInput = [
    { uri: "com.", match: "prefix" },
    { uri: "com.mycompany..auth", match: "wildcard" },
  ];

  /** Returns the events that get_events answers for a new subscription. */
  function queryNewSubscription(topic: string, match = "exact", logs = LOGS): unknown {
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
    ["a prefix without events", "com.zzz", "prefix", of()],
    ["a wildcard below the prefix", "com..c", "wildcard", of(3)],
    ["a wildcard with the same places", "com.mycompany.x.auth", "wildcard", of(2)],
    ["a topic that no log has", "org.a", "exact", of()],
    ["a prefix that no log covers", "co", "prefix", of()],
    ["a wildcard that no log covers", ".a", "wildcard", of()],
  ] as const)("get_events reads the log of a pattern that covers the subscription: %s", (_, topic, match, events) => {
    expect(queryNewSubscription(topic, match)).toStrictEqual(events);
  });

  test("get_events reads the log with the longest URI among those that cover the subscription", () => {
    const logs: HistoryInput = [
      { uri: "com.mycompany.", match: "prefix", limit: 1 },
      { uri: "com.", match: "prefix" },
    ];
    expect(queryNewSubscription(TOPIC, "exact", logs)).toStrictEqual(of());
    expect(queryNewSubscription("com.mycompany.x.auth", "exact", logs)).toStrictEqual(of(2));
  });
});
