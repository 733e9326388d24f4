/** Sessions: independence of each other, sleep, and the roles of HELLO (Sessions). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, TestRealm, violated } from "../host/test-realm.ts";

const HELLO = [1, "realm1", { roles: ALL_ROLES }];
const GOODBYE = [6, {}, "wamp.close.close_realm"];
const GOODBYE_AND_OUT = [6, {}, "wamp.close.goodbye_and_out"];

describe("sessions beside each other", () => {
  test("[MSG-15] a protocol violation of one session does not affect the others", () => {
    const realm = new TestRealm();
    const [ann, ben, cal] = realm.joinAll("ann", "ben", "cal");
    for (const client of [ann, ben, cal]) client.send([32, 1, {}, "com.topic"]);
    realm.take();
    ann.send({ not: "a message" });
    ben.send([16, 2, {}, "com.topic", ["still here"]]);
    expect(realm.take()).toStrictEqual([
      ...violated("ann", "the message is not a list"),
      ["cal", [36, 4, 5, {}, ["still here"]]],
    ]);
  });

  test("[SES-27] nothing crosses from one realm to another", () => {
    const one = new TestRealm();
    const two = new TestRealm({ name: "realm2" });
    const [ann, ben] = one.joinAll("ann", "ben");
    const [cal, dan] = two.joinAll("cal", "dan");
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"]);
    cal.send([32, 1, {}, "com.topic"]);
    one.take();
    dan.send([48, 1, {}, "com.add"], [16, 2, {}, "com.topic"]);
    expect([one.take(), two.take()]).toStrictEqual([
      [],
      [
        ["cal", [33, 1, 3]],
        ["dan", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
        ["cal", [36, 3, 4, {}]],
      ],
    ]);
    ben.send([16, 1, {}, "com.topic"]);
    expect([one.take(), two.take()]).toStrictEqual([[["ann", [36, 3, 5, {}]]], []]);
  });

  test("[SES-28] several of one authid hold, publish and leave on their own", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.lastByte = 0;
    const twin = realm.join("twin");
    ann.send([32, 1, {}, "com.topic"]);
    twin.send([34, 1, 3], [32, 2, {}, "com.topic"]);
    ann.send(GOODBYE);
    realm.join("ben").send([16, 1, {}, "com.topic"]);
    expect([ann.saved.kind, twin.savedSession.identity.authid]).toStrictEqual([
      "connected",
      "AQEBAQEBAQEBAQEBAQEBAQEB",
    ]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 3]],
      ["twin", [8, 34, 1, {}, ...routerError("wamp.error.no_such_subscription")]],
      ["twin", [33, 2, 3]],
      ["ann", GOODBYE_AND_OUT],
      ["twin", [36, 3, 5, {}]],
    ]);
  });
});

describe("[SES-30] a sleep", () => {
  test("keeps sessions, subscriptions, registrations and calls", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    const cal = realm.connect("cal");
    ann.send([32, 1, {}, "com.topic"], [32, 2, { match: "wildcard" }, "com."], [64, 3, {}, "com.add"]);
    ben.send([32, 1, {}, "com.topic"], [48, 2, {}, "com.add", [1]], [48, 3, {}, "com.add", [2]]);
    realm.take();
    realm.sleepAndWake();
    cal.send(HELLO, [32, 1, {}, "com.topic"], [48, 2, {}, "com.add", [3]]);
    ann.send([70, 2, {}, ["two"]], [8, 68, 1, {}, "com.error"], [70, 3, {}]);
    ben.send([34, 4, 3], [16, 5, {}, "com.topic"]);
    ann.send([66, 4, 5], [34, 5, 4]);
    expect(realm.take()).toStrictEqual([
      ["cal", [2, 6, expect.any(Object)]],
      ["cal", [33, 1, 3]],
      ["ann", [68, 3, 5, {}, [3]]],
      ["ben", [50, 3, {}, ["two"]]],
      ["ben", [8, 48, 2, {}, "com.error"]],
      ["cal", [50, 2, {}]],
      ["ben", [35, 4]],
      ["ann", [36, 3, 7, {}]],
      ["cal", [36, 3, 7, {}]],
      ["ann", [36, 4, 7, { topic: "com.topic" }]],
      ["ann", [67, 4]],
      ["ann", [35, 5]],
    ]);
  });

  test("during which the callee left fails the call on waking", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([64, 1, {}, "com.add"]);
    ben.send([48, 7, {}, "com.add"]);
    realm.take();
    realm.drop(ann);
    realm.sleepAndWake();
    expect(realm.take()).toStrictEqual([
      ["ben", [8, 48, 7, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
    realm.sleepAndWake();
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.dealer.registrations.size).toBe(0);
  });

  test("during which the caller went away leaves the callee's answer without effect", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([64, 1, {}, "com.add"]);
    ben.send([48, 7, {}, "com.add"]);
    realm.take();
    realm.drop(ben);
    realm.sleepAndWake();
    ann.send([70, 1, {}, ["late"]], [70, 1, { progress: true }]);
    expect(realm.take()).toStrictEqual([]);
    ann.send([70, 2, {}]);
    expect(realm.take()).toStrictEqual(violated("ann", "no invocation was sent with this request id"));
  });
});

describe("[SES-07] the roles of HELLO", () => {
  const CASES: [string, string, unknown[]][] = [
    ["publisher", "PUBLISH", [16, 1, {}, "a.b"]],
    ["subscriber", "SUBSCRIBE", [32, 1, {}, "a.b"]],
    ["subscriber", "UNSUBSCRIBE", [34, 1, 1]],
    ["caller", "CALL", [48, 1, {}, "a.b"]],
    ["caller", "CANCEL", [49, 1, {}]],
    ["callee", "REGISTER", [64, 1, {}, "a.b"]],
    ["callee", "UNREGISTER", [66, 1, 1]],
    ["callee", "YIELD", [70, 1, {}]],
    ["callee", "ERROR", [8, 68, 1, {}, "com.error"]],
  ];
  const strict = { options: { role_check: "strict" } } as const;

  test.each(CASES)("where strict, only a %s may send %s", (role, _, message) => {
    const { [role]: _removed, ...others } = { ...ALL_ROLES } as Record<string, object>;
    const realm = new TestRealm(strict);
    realm.join("ann", others).send(message);
    expect(realm.take()).toStrictEqual(violated("ann", `the session is no ${role}`));
  });

  test("where strict, open what they cover, before and after a sleep", () => {
    const realm = new TestRealm(strict);
    const ann = realm.join("ann", { subscriber: {} });
    const ben = realm.join("ben", { publisher: {} });
    ann.send([32, 1, {}, "a.b"]);
    realm.sleepAndWake();
    ben.send([16, 1, {}, "a.b"], [48, 2, {}, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 3]],
      ["ann", [36, 3, 4, {}]],
      ...violated("ben", "the session is no caller"),
    ]);
  });

  test("are not enforced by default", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann", { publisher: {} });
    ann.send([32, 1, {}, "a.b"], [64, 2, {}, "a.b"], [48, 3, {}, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 2]],
      ["ann", [65, 2, 3]],
      ["ann", [68, 1, 3, {}]],
    ]);
  });
});
