/** Calls that wait for a callee at its concurrency limit (Crossbar.io's call-queue). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { BUSY, call, ONE, QUEUE, SHARED, takeReceived, testRealmOfTwo } from "./call-queue-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

describe("a call while every callee is at its concurrency limit", () => {
  test("[SHR-13] calls of all callers wait in the configured queue, first in, first out", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const other = joinCaller(realm, "other");
    call(caller, 1);
    call(caller, 2);
    call(other, 1);
    call(caller, 3);
    expect(takeReceived(realm)).toStrictEqual(['callee INVOCATION 1 ["caller 1"]']);
    callee.send([70, 1, {}, ["r1"]], [70, 2, {}, ["r2"]], [70, 3, {}, ["r3"]], [70, 4, {}, ["r4"]]);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 2 ["caller 2"]',
      'caller 50 1 ["r1"]',
      'callee INVOCATION 3 ["other 1"]',
      'caller 50 2 ["r2"]',
      'callee INVOCATION 4 ["caller 3"]',
      'other 50 1 ["r3"]',
      'caller 50 3 ["r4"]',
    ]);
  });

  test("[SHR-13] a call is refused when the queue is full, and accepted when the queue has room again", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    for (const request of [1, 2, 3, 4, 5]) call(caller, request);
    callee.send([70, 1, {}]);
    call(caller, 6);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      `caller ERROR 5 ${BUSY}`,
      'callee INVOCATION 2 ["caller 2"]',
      "caller 50 1 []",
    ]);
  });

  test("[SHR-13] a call waits in the queue configured for its procedure: exact before prefix before wildcard", () => {
    const { realm, caller } = testRealmOfTwo(
      {
        store: {
          "call-queue": [
            { uri: "com.p", limit: 1 },
            { uri: "com.", match: "prefix", limit: 2 },
          ],
        },
      },
      { concurrency: 1, match: "prefix" },
    );
    for (const request of [1, 2, 3]) call(caller, request);
    call(caller, 4, "com.p.q");
    call(caller, 5, "com.p.q");
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      `caller ERROR 3 ${BUSY}`,
      `caller ERROR 5 ${BUSY}`,
    ]);
  });

  test("[SHR-13] a waiting call goes to the first callee that becomes free or registers", () => {
    const realm = new TestRealm(QUEUE);
    const caller = joinCaller(realm, "caller");
    const [, b] = ["a", "b"].map((name) => joinCallee(realm, name, [], SHARED)) as [Client, Client];
    for (const request of [1, 2, 3, 4]) call(caller, request);
    realm.take();
    b.send([70, 1, {}]);
    realm.join("c").send([64, 1, SHARED, "com.p"]);
    expect(takeReceived(realm)).toStrictEqual([
      'b INVOCATION 2 ["caller 3"]',
      "caller 50 2 []",
      "c 65 1 []",
      'c INVOCATION 1 ["caller 4"]',
    ]);
  });

  test("[SHR-13] a waiting call keeps its options, its payload and its position over sleep", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const other = joinCaller(realm, "other");
    call(caller, 1);
    call(other, 1, "com.p", { disclose_me: true, receive_progress: true });
    caller.send([48, 2, {}, "com.p", ["\0AAEC", null, 1.5e300], { deep: [{ a: 1 }] }]);
    realm.take();
    realm.sleepAndWake();
    expect(realm.take()).toStrictEqual([]);
    callee.send([70, 1, {}]);
    realm.sleepAndWake();
    callee.send([70, 2, { progress: true }, ["half"]], [70, 2, {}]);
    const session = realm.realm.sessions.byId.get(4);
    const identity = { caller: 4, caller_authid: session?.identity.authid, caller_authrole: "anonymous" };
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 2, 3, identity, ["other 1"]]],
      ["caller", [50, 1, {}]],
      ["other", [50, 1, { progress: true }, ["half"]]],
      ["callee", [68, 3, 3, {}, ["\0AAEC", null, 1.5e300], { deep: [{ a: 1 }] }]],
      ["other", [50, 1, {}]],
    ]);
  });

  test("[SHR-13] a call waits behind earlier calls, however often the realm has slept since", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const other = joinCaller(realm, "other");
    call(caller, 1);
    call(other, 1);
    realm.sleepAndWake();
    call(caller, 2);
    realm.sleepAndWake();
    realm.take();
    callee.send([70, 1, {}], [70, 2, {}]);
    expect(takeReceived(realm).filter((line) => line.startsWith("callee"))).toStrictEqual([
      'callee INVOCATION 2 ["other 1"]',
      'callee INVOCATION 3 ["caller 2"]',
    ]);
  });

  test.each([["skip"], ["kill"], ["killnowait"]])(
    "[CANCEL-09][SHR-13] a waiting call is removed when it is canceled with %s",
    (mode) => {
      const { realm, caller, callee } = testRealmOfTwo();
      for (const request of [1, 2, 3]) call(caller, request);
      realm.take();
      caller.send([49, 2, { mode }], [49, 2, { mode }]);
      callee.send([70, 1, {}]);
      expect(takeReceived(realm)).toStrictEqual([
        "caller ERROR 2 wamp.error.canceled",
        'callee INVOCATION 2 ["caller 3"]',
        "caller 50 1 []",
      ]);
    },
  );

  test("[SHR-13] a waiting call is removed when its caller leaves", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const other = joinCaller(realm, "other");
    call(other, 1);
    for (const request of [1, 2]) call(caller, request);
    call(other, 2);
    realm.take();
    caller.disconnect();
    callee.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual(['callee INVOCATION 2 ["other 2"]', "other 50 1 []"]);
  });

  test("[TMO-02][TMO-10][SHR-13] a waiting call times out like any other call, also over sleep", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    call(caller, 1);
    call(caller, 2, "com.p", { timeout: 100 });
    call(caller, 3, "com.p", { timeout: 300 });
    realm.take();
    realm.sleepAndWake();
    expect(realm.realm.nextDeadline()).toBe(100);
    realm.advance(100);
    expect(takeReceived(realm)).toStrictEqual(["caller ERROR 2 wamp.error.timeout"]);
    callee.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual(['callee INVOCATION 2 ["caller 3"]', "caller 50 1 []"]);
    realm.advance(199);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([
      ["callee", [69, 2, { mode: "killnowait" }]],
      ["caller", [8, 48, 3, {}, ...routerError("wamp.error.timeout")]],
    ]);
  });

  test("[TMO-04] a call that has waited is timed out by its callee if the callee registered with forward_timeout", () => {
    const realm = new TestRealm(QUEUE);
    const caller = joinCaller(realm, "caller");
    const callee = joinCallee(realm, "callee", ["call_timeout"], { ...ONE, forward_timeout: true });
    call(caller, 1);
    call(caller, 2, "com.p", { timeout: 100 });
    realm.advance(50);
    callee.send([70, 1, {}]);
    realm.take();
    realm.advance(1000);
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.nextDeadline()).toBeUndefined();
  });

  test("[CALL-11] a waiting call keeps its request id: another CALL with the same id breaks the protocol", () => {
    const { realm, caller } = testRealmOfTwo();
    call(caller, 1);
    call(caller, 2);
    realm.take();
    call(caller, 2);
    expect(realm.take()).toContainEqual(violated("caller", "CALL: request id of a call that is still open")[0]);
  });

  test("[CID-04] a call with a forbidden disclose_me is refused at once and does not wait", () => {
    const permissions = [
      { uri: "com.", match: "prefix", allow: { call: true, register: true }, disclose: { caller: false } },
    ];
    const { realm, caller } = testRealmOfTwo({
      ...QUEUE,
      roles: [{ name: "anonymous", permissions }],
    } as Partial<RealmInput>);
    call(caller, 1);
    call(caller, 2, "com.p", { disclose_me: true });
    realm.take();
    expect(realm.recordOf(1).waitingCalls).toBeUndefined();
  });

  test("[PINV-03] a call with progressive input does not wait, and its later chunks are dropped", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    call(caller, 1);
    call(caller, 2, "com.p", { progress: true });
    callee.send([70, 1, {}]);
    call(caller, 2);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      `caller ERROR 2 ${BUSY}`,
      "caller 50 1 []",
    ]);
  });

  test("a waiting call counts as an open call of its caller", () => {
    const { realm, caller } = testRealmOfTwo({ ...QUEUE, limits: { pending_calls_per_session: 2 } });
    for (const request of [1, 2, 3]) call(caller, request);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      "caller ERROR 3 wamp.edge.error.limit_exceeded",
    ]);
  });
});

describe("a waiting call whose callee leaves", () => {
  test.each([
    ["unregisters", (callee: Client) => callee.send([66, 2, 3])],
    ["leaves", (callee: Client) => callee.disconnect()],
  ])("[SHR-13] when the callee %s, the waiting call is answered with no_such_procedure", (_, leave) => {
    const { realm, caller, callee } = testRealmOfTwo();
    call(caller, 1);
    call(caller, 2);
    realm.take();
    leave(callee);
    expect(takeReceived(realm)).toContain("caller ERROR 2 wamp.error.no_such_procedure");
    expect(realm.recordOf(1).waitingCalls).toBeUndefined();
  });

  test("[SHR-13] a waiting call goes to the pattern-based registration that matches it now", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    joinCallee(realm, "fallback", [], { match: "prefix" }, "com.");
    call(caller, 1);
    call(caller, 2);
    realm.take();
    callee.send([66, 2, 3]);
    expect(realm.take()).toStrictEqual([
      ["callee", [67, 2]],
      ["fallback", [68, 1, 5, { procedure: "com.p" }, ["caller 2"]]],
    ]);
  });

  test("[SHR-13] a callee that leaves gets no waiting calls in place of the calls that end with it", () => {
    const realm = new TestRealm(QUEUE);
    const caller = joinCaller(realm, "caller");
    const [a, b] = ["a", "b"].map((name) => joinCallee(realm, name, [], SHARED)) as [Client, Client];
    for (const request of [1, 2, 3, 4]) call(caller, request);
    realm.take();
    a.disconnect();
    expect(takeReceived(realm)).toStrictEqual(["caller ERROR 1 wamp.error.canceled"]);
    b.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual(['b INVOCATION 2 ["caller 3"]', "caller 50 2 []"]);
  });

  test("[SHR-13] a waiting call whose callee left during sleep is answered when the realm wakes", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    call(caller, 1);
    call(caller, 2);
    realm.take();
    realm.drop(callee);
    realm.sleepAndWake();
    expect(takeReceived(realm)).toStrictEqual([
      "caller ERROR 1 wamp.error.canceled",
      "caller ERROR 2 wamp.error.no_such_procedure",
    ]);
  });

  test("[SHR-13] the waiting calls of a dead connection fail one by one", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    for (const request of [1, 2, 3]) call(caller, request);
    realm.take();
    callee.transport.isDead = true;
    realm.realm.dealer.tick(0);
    caller.send([49, 1, { mode: "skip" }]);
    expect(takeReceived(realm)).toStrictEqual([
      "caller ERROR 2 wamp.error.network_failure",
      "caller ERROR 3 wamp.error.network_failure",
      "caller ERROR 1 wamp.error.canceled",
    ]);
    expect(realm.recordOf(1).calls).toStrictEqual([]);
  });
});
