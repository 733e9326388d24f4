/** Event retention: when a retained event is stored, sent and replaced. */

import { describe, expect, test } from "vitest";
import type { Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { argsOf, receiveRetained, subscribe, TOPIC, testRealmWithEvents } from "./retained-events.ts";

describe("event retention", () => {
  test("[RET-01] an event with retain: true reaches the subscribers like any other event, and is stored", () => {
    const realm = new TestRealm();
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    realm.take();
    publisher.send([16, 1, { retain: true }, TOPIC, [21.5], { unit: "C" }]);
    const [[, event]] = realm.take() as [[string, Line]];
    expect(event).toStrictEqual([36, expect.any(Number), expect.any(Number), {}, [21.5], { unit: "C" }]);
    const [, subscription, publication] = event;
    // The subscription and publication ids are the same, so that a receiver can detect a duplicate [RET-11].
    expect(receiveRetained(realm, "late")).toStrictEqual([
      [36, subscription, publication, { retained: true }, [21.5], { unit: "C" }],
    ]);
  });

  test("[RET-02] a retained event is replaced by the next retained event, not by an event without retain: true", () => {
    const realm = testRealmWithEvents([
      [{ retain: true }, TOPIC, [1]],
      [{}, TOPIC, [2]],
      [{ retain: false }, TOPIC, [3]],
    ]);
    expect(argsOf(receiveRetained(realm, "one"))).toStrictEqual([[1]]);
    realm.join("other").send([16, 1, { retain: true }, TOPIC, [4]]);
    expect(argsOf(receiveRetained(realm, "two"))).toStrictEqual([[4]]);
  });

  test("[RET-03][ORD-02][RET-11] a retained event is sent after SUBSCRIBED, with retained: true and its original publication id", () => {
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
    "[RET-04] a retained event is not sent to a SUBSCRIBE with the options %j",
    (options) => {
      const realm = testRealmWithEvents([[{ retain: true }, TOPIC, [1]]]);
      expect(subscribe(realm, "subscriber", TOPIC, options)).toStrictEqual([[33, 1, expect.any(Number)]]);
    },
  );

  test("[RET-12] a retained event is sent again to a session that subscribes again", () => {
    const realm = testRealmWithEvents([[{ retain: true }, TOPIC, [1]]]);
    const subscriber = realm.join("subscriber");
    subscriber.send([32, 1, { get_retained: true }, TOPIC]);
    const first = realm.take();
    subscriber.send([32, 2, { get_retained: true }, TOPIC]);
    const second = realm.take();
    expect(first).toHaveLength(2);
    expect(second[0]).toStrictEqual(["subscriber", [33, 2, first[0]?.[1][2]]]);
    expect(second[1]).toStrictEqual(first[1]);
  });

  test("[RET-13] a retained event discloses the publisher that the PUBLISH disclosed", () => {
    const realm = new TestRealm();
    const publisher = realm.join("publisher");
    publisher.send([16, 1, { retain: true, disclose_me: true }, TOPIC]);
    publisher.disconnect();
    realm.take();
    expect(receiveRetained(realm, "subscriber")[0]?.[3]).toStrictEqual({
      retained: true,
      publisher: 1,
      publisher_authid: expect.any(String),
      publisher_authrole: "anonymous",
    });
  });

  test("[RET-14] a retained event survives its publisher, its last subscriber, sleep and a restart", () => {
    const realm = new TestRealm();
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, {}, TOPIC]);
    publisher.send([16, 1, { retain: true }, TOPIC, ["kept"], { really: true }]);
    const publication = realm.take().at(-1)?.[1][2];
    const events = (name: string) => receiveRetained(realm, name).map(([, , ...event]) => event);
    const expected = [[publication, { retained: true }, ["kept"], { really: true }]];
    publisher.disconnect();
    subscriber.disconnect();
    expect(events("one")).toStrictEqual(expected);
    realm.sleepAndWake();
    expect(events("two")).toStrictEqual(expected);
    realm.restart();
    expect(events("three")).toStrictEqual(expected);
  });

  test("[RET-14] a crash loses a retained event only within the second before it is written", () => {
    const realm = testRealmWithEvents([[{ retain: true }, TOPIC, ["old"]]]);
    realm.flush();
    realm.join("other").send([16, 1, { retain: true }, TOPIC, ["new"]]);
    realm.restart();
    expect(argsOf(receiveRetained(realm, "subscriber"))).toStrictEqual([["old"]]);
  });

  test("[RET-14] a stored event keeps binary values, unusual strings and a missing payload as they were", () => {
    const binary = "\u0000AAEC";
    const realm = testRealmWithEvents([
      [{ retain: true }, "a.binary", [binary, { deep: [binary] }]],
      [{ retain: true }, "b.nothing"],
      [{ retain: true }, "c.unicode", ['\ud83d\ude00 " \\ \n \u0001']],
    ]);
    realm.sleepAndWake();
    expect(
      receiveRetained(realm, "subscriber", "", { match: "prefix" }).map(([, , , , ...payload]) => payload),
    ).toStrictEqual([[[binary, { deep: [binary] }]], [], [['\ud83d\ude00 " \\ \n \u0001']]]);
  });
});

test("[RET-15] WELCOME announces event_retention", () => {
  const realm = new TestRealm();
  realm.connect("client").send([1, "realm1", { roles: { subscriber: {} } }]);
  const details = realm.take()[0]?.[1][2] as { roles: { broker: { features: object } } };
  expect(details.roles.broker.features).toMatchObject({ event_retention: true });
});
