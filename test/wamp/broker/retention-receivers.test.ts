/** Event retention: which sessions receive a retained event. */

import { describe, expect, test } from "vitest";
import type { Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { argsOf, linesOf, receiveRetained, selectRetained, TOPIC, testRealmWithEvents } from "./retained-events.ts";

describe("receivers of a retained event", () => {
  // The publisher is session 1, and each later session has the next id; the authid of session 2 begins with "Ag".
  test.each([
    ["exclude", { exclude: [4] }, { exclude: [5] }],
    ["exclude_authrole", { exclude_authrole: ["anonymous"] }, { exclude_authrole: ["other"] }],
    ["eligible", { eligible: [5] }, { eligible: [4] }],
    ["eligible_authrole", { eligible_authrole: ["other"] }, { eligible_authrole: ["anonymous"] }],
    ["an empty eligible", { eligible: [] }, { exclude: [] }],
  ])(
    "[RET-05][BWL-12] the list %s of the PUBLISH applies to the session that subscribes later",
    (_, refuses, admits) => {
      for (const match of ["exact", "prefix", "wildcard"]) {
        for (const [options, expected] of [
          [refuses, []],
          [admits, [["some"]]],
        ] as const) {
          const realm = testRealmWithEvents([[{ retain: true, ...options }, TOPIC, ["some"]]]);
          // Sessions and publications share one counter: 1 is the publisher and 2 the publication.
          realm.lastId = 3;
          expect(argsOf(receiveRetained(realm, "four", TOPIC, { match }))).toStrictEqual(expected);
        }
      }
    },
  );

  test.each([
    ["exclude_authid", (authid: string) => ({ exclude_authid: [authid] }), []],
    ["exclude_authid", () => ({ exclude_authid: ["absent"] }), [["some"]]],
    ["eligible_authid", (authid: string) => ({ eligible_authid: [authid] }), [["some"]]],
    ["eligible_authid", () => ({ eligible_authid: ["absent"] }), []],
  ])(
    "[RET-05][BWL-12] the list %s of the PUBLISH applies to the session that subscribes later, also after sleep",
    (_, options, expected) => {
      const realm = new TestRealm();
      const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
      const { authid } = [...realm.realm.sessions.byId.values()][1]?.identity ?? { authid: "" };
      publisher.send([16, 1, { retain: true, ...options(authid) }, TOPIC, ["some"]]);
      for (const sleeps of [false, true]) {
        if (sleeps) realm.sleepAndWake();
        realm.take();
        subscriber.send([32, 1, { get_retained: true }, TOPIC]);
        expect(argsOf(selectRetained(linesOf(realm)))).toStrictEqual(expected);
      }
    },
  );

  test("[RET-05] the publisher gets no retained event of its own unless exclude_me is false; a later session of it does", () => {
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
      expect(argsOf(selectRetained(linesOf(realm)))).toStrictEqual([["to me too"]]);
    }
    expect(argsOf(receiveRetained(realm, "again", "a"))).toStrictEqual([["not to me"]]);
  });

  test("[RET-06][RET-07] a subscriber gets the latest event it is eligible for, among the event for all and later events for some sessions", () => {
    const realm = testRealmWithEvents([
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

  test("[RET-06] a new event for all discards the events for some sessions, whether they are written or not", () => {
    for (const sleeps of [false, true]) {
      const realm = testRealmWithEvents([[{ retain: true, eligible: [100] }, TOPIC, ["for one"]]]);
      if (sleeps) realm.sleepAndWake();
      realm.join("other").send([16, 1, { retain: true }, TOPIC, ["for all"]]);
      realm.lastId = 99;
      expect(argsOf(receiveRetained(realm, "hundred"))).toStrictEqual([["for all"]]);
    }
  });

  test("[RET-06][RET-09] the latest 15 events for some sessions are kept beside the event for all", () => {
    const forSome = Array.from({ length: 20 }, (_, i) => [{ retain: true, eligible: [100 + i] }, TOPIC, [i]] as const);
    const realm = testRealmWithEvents([[{ retain: true }, TOPIC, ["for all"]], ...forSome]);
    for (const [id, expected] of [
      [100, "for all"],
      [104, "for all"],
      [105, 5],
      [119, 19],
    ] as const) {
      realm.lastId = id - 1;
      expect(argsOf(receiveRetained(realm, `session ${id}`))).toStrictEqual([[expected]]);
    }
  });
});
