/** Time limits of calls (Call Timeouts). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

type Rules = NonNullable<RealmInput["options"]>["call_timeout"];

const CANCELING = ["call_canceling"];
const PROGRESS = { progress: true };
const TIMEOUT = "wamp.error.timeout";
const INTERRUPTED = ["callee", [69, 1, { mode: "killnowait" }]] as const;
const TIMED_OUT = ["caller", [8, 48, 1, {}, ...routerError(TIMEOUT)]] as const;

/** A caller (session 1) and a callee (session 2) of `com.p` (registration 3). */
function testRealmOfTwo(features: readonly string[] = [], options: object = {}, call_timeout: Rules = {}) {
  const realm = new TestRealm({ options: { call_timeout } });
  const caller = joinCaller(realm, "caller");
  return { realm, caller, callee: joinCallee(realm, "callee", features, options) };
}

describe("the dealer's timer", () => {
  test("[TMO-01][TMO-02] the dealer ends a call after its timeout in milliseconds, not before", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    realm.advance(499);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([TIMED_OUT]);
    expect(realm.realm.nextDeadline()).toBeUndefined();
  });

  test.each([[{}], [{ timeout: 0 }], [{ timeout: null }]])(
    "[TMO-01] the dealer sets no timer for a call with the options %j",
    (options) => {
      const { realm, caller } = testRealmOfTwo();
      caller.send([48, 1, options, "com.p"]);
      expect(realm.realm.nextDeadline()).toBeUndefined();
      realm.advance(100_000_000);
      expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    },
  );

  test("[TMO-02] the dealer times out a callee that announced call_timeout and did not set forward_timeout", () => {
    const { realm, caller } = testRealmOfTwo(["call_timeout"]);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.advance(500);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]], TIMED_OUT]);
  });

  test("[TMO-02] the dealer times out a callee that set forward_timeout and did not announce call_timeout", () => {
    const { realm, caller } = testRealmOfTwo([], { forward_timeout: true });
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.advance(500);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]], TIMED_OUT]);
  });

  test("[TMO-03] a timeout interrupts a callee that announced call_canceling", () => {
    const { realm, caller } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.take();
    realm.advance(500);
    expect(realm.take()).toStrictEqual([INTERRUPTED, TIMED_OUT]);
  });

  test("[TMO-06][PROG-09] the timer restarts with each progressive YIELD", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"]);
    realm.advance(400);
    callee.send([70, 1, PROGRESS, [1]]);
    realm.advance(499);
    callee.send([70, 1, PROGRESS, [2]]);
    realm.take();
    realm.advance(499);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([INTERRUPTED, TIMED_OUT]);
  });

  test("[TMO-06] the timer does not restart with a progressive YIELD that the caller did not ask for", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.take();
    realm.advance(400);
    callee.send([70, 1, PROGRESS, [1]]);
    realm.advance(100);
    expect(realm.take()).toStrictEqual([INTERRUPTED, TIMED_OUT]);
  });

  test.each([
    ["the final YIELD", [70, 1, {}], undefined],
    ["an ERROR", [8, 68, 1, {}, "com.app.no"], undefined],
    ["CANCEL skip", undefined, [49, 1, { mode: "skip" }]],
    ["CANCEL killnowait", undefined, [49, 1, { mode: "killnowait" }]],
    ["CANCEL kill", undefined, [49, 1, { mode: "kill" }]],
    ["the callee's leaving", [6, {}, "wamp.close.close_realm"], undefined],
    ["the caller's leaving", undefined, [6, {}, "wamp.close.close_realm"]],
  ])("[TMO-07] the timer stops with %s, also if the realm sleeps at once", (_, calleeMessage, callerMessage) => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    if (calleeMessage !== undefined) callee.send(calleeMessage);
    if (callerMessage !== undefined) caller.send(callerMessage);
    realm.take();
    realm.sleepAndWake();
    realm.advance(1000);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[TMO-07] the timer stays stopped after CANCEL kill, also when the callee sends progressive results", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"], [49, 1, { mode: "kill" }]);
    callee.send([70, 1, PROGRESS, [1]]);
    realm.take();
    realm.advance(1000);
    callee.send([70, 1, {}, [2]]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, [2]]]]);
  });

  test("[TMO-08] an answer after the timeout is discarded", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"]);
    realm.advance(500);
    realm.take();
    callee.send([70, 1, PROGRESS, [1]], [70, 1, {}, [2]], [8, 68, 1, {}, "wamp.error.canceled"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[TMO-07][TMO-08] a RESULT and a timeout may cross: the first one counts, the other is discarded", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500 }, "com.p"], [48, 2, { timeout: 500 }, "com.p"]);
    realm.take();
    realm.advance(499);
    callee.send([70, 1, {}, ["in time"]]);
    realm.advance(1);
    callee.send([70, 2, {}, ["too late"]]);
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 1, {}, ["in time"]]],
      ["callee", [69, 2, { mode: "killnowait" }]],
      ["caller", [8, 48, 2, {}, ...routerError(TIMEOUT)]],
    ]);
  });

  test("[TMO-10] the timer counts the time during sleep", () => {
    const { realm, caller } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.take();
    realm.advance(300);
    realm.sleepAndWake();
    expect(realm.realm.nextDeadline()).toBe(500);
    realm.advance(199);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([INTERRUPTED, TIMED_OUT]);
  });

  test("[TMO-06][TMO-10] a timer that progressive results restarted survives sleep", () => {
    const { realm, caller, callee } = testRealmOfTwo(CANCELING);
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"]);
    realm.advance(300);
    callee.send([70, 1, PROGRESS]);
    realm.sleepAndWake();
    callee.send([70, 1, PROGRESS]);
    realm.sleepAndWake();
    realm.take();
    realm.advance(499);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([INTERRUPTED, TIMED_OUT]);
  });

  test("a timeout is limited to one year so that its end is a valid date", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, { timeout: Number.MAX_SAFE_INTEGER }, "com.p"]);
    expect(realm.realm.nextDeadline()).toBe(365 * 24 * 3_600_000);
  });
});

describe("a callee that enforces timeouts", () => {
  test("[TMO-04] a callee that enforces timeouts gets the timeout, and the dealer sets no timer", () => {
    const { realm, caller } = testRealmOfTwo(["call_timeout"], { forward_timeout: true });
    caller.send([48, 1, { timeout: 500 }, "com.p"], [48, 2, {}, "com.p"]);
    expect(realm.realm.nextDeadline()).toBeUndefined();
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { timeout: 500 }]],
      ["callee", [68, 2, 3, {}]],
    ]);
  });

  test("[TMO-09] a callee's wamp.error.timeout is forwarded like any error", () => {
    const { realm, caller, callee } = testRealmOfTwo(["call_timeout"], { forward_timeout: true });
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.take();
    callee.send([8, 68, 1, {}, TIMEOUT, ["after 500 ms"]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, TIMEOUT, ["after 500 ms"]]]]);
  });
});

describe("timeouts in the configuration", () => {
  test.each([
    [{ default: 300 }, {}, 300],
    [{ default: 300 }, { timeout: 0 }, 300],
    [{ default: 300 }, { timeout: 700 }, 700],
    [{ maximum: 300 }, {}, 300],
    [{ maximum: 300 }, { timeout: 700 }, 300],
    [{ maximum: 300 }, { timeout: 100 }, 100],
    [{ default: 200, maximum: 300 }, {}, 200],
    [{ default: 400, maximum: 300 }, {}, 300],
  ])("[TMO-05] the configuration %j gives a call with %j a timeout of %d", (rules, options, expected) => {
    const { realm, caller } = testRealmOfTwo([], {}, rules);
    caller.send([48, 1, options, "com.p"]);
    expect(realm.realm.nextDeadline()).toBe(expected);
  });

  test("[TMO-05] the configuration may forward timeouts to all callees that enforce them or to none, whatever they registered with", () => {
    const forced = testRealmOfTwo(["call_timeout"], {}, { forward: true, maximum: 300 });
    forced.caller.send([48, 1, { timeout: 500 }, "com.p"]);
    expect(forced.realm.take()).toStrictEqual([["callee", [68, 1, 3, { timeout: 300 }]]]);
    expect(forced.realm.realm.nextDeadline()).toBeUndefined();

    const unable = testRealmOfTwo([], {}, { forward: true });
    unable.caller.send([48, 1, { timeout: 500 }, "com.p"]);
    expect(unable.realm.realm.nextDeadline()).toBe(500);

    const forbidden = testRealmOfTwo(["call_timeout"], { forward_timeout: true }, { forward: false });
    forbidden.caller.send([48, 1, { timeout: 500 }, "com.p"]);
    expect(forbidden.realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    expect(forbidden.realm.realm.nextDeadline()).toBe(500);
  });
});
