/** Calls that their callers give up (Call Canceling). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const CANCELED = "wamp.error.canceled";
const CAN = ["call_canceling", "progressive_call_results"];
const CALLER_TOLD = ["caller", [8, 48, 1, {}, ...denial(CANCELED)]] as const;

/** A caller (session 1) with one open call, and its callee (session 2, registration 3). */
function testRealmOfCall(features: readonly string[] = CAN, options: object = {}) {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller");
  const callee = joinCallee(realm, "callee", features);
  caller.send([48, 1, options, "com.p"]);
  realm.take();
  return { realm, caller, callee };
}

function interrupted(mode: string) {
  return ["callee", [69, 1, { mode }]] as const;
}

describe("CANCEL", () => {
  test("[CANCEL-01][CANCEL-09][CANCEL-11] skip: the caller gets its error at once, the callee nothing", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "skip" }]);
    expect(realm.take()).toStrictEqual([CALLER_TOLD]);
    callee.send([70, 1, {}, [30]]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[CANCEL-02][CANCEL-09] kill: the callee is interrupted, and its error is the caller's", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([interrupted("kill")]);
    callee.send([8, 68, 1, {}, CANCELED, ["as you wish"]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, CANCELED, ["as you wish"]]]]);
  });

  test("[CANCEL-02][CANCEL-10] kill: a RESULT that was on its way is let through, also after a sleep", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    realm.sleepAndWake();
    callee.send([70, 1, {}, [30]], [8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, [30]]]]);
  });

  test("[CANCEL-03][CANCEL-09] killnowait: both are told at once, and the callee's answer is discarded", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "killnowait" }]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CALLER_TOLD]);
    callee.send([8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([]);
  });

  test.each([["skip"], ["kill"], ["killnowait"], [undefined]])(
    "[CANCEL-04] %s acts as skip where the callee cannot be interrupted",
    (mode) => {
      const { realm, caller, callee } = testRealmOfCall([]);
      caller.send([49, 1, { mode }]);
      callee.send([70, 1, {}, [30]]);
      expect(realm.take()).toStrictEqual([CALLER_TOLD]);
    },
  );

  test.each([[{}], [{ mode: null }]])("[CANCEL-05] %j means killnowait", (options) => {
    const { realm, caller } = testRealmOfCall();
    caller.send([49, 1, options]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CALLER_TOLD]);
  });

  test.each([["abort"], [" "], ["KILL"], [7], [true]])("[CANCEL-06] with mode %j breaks the protocol", (mode) => {
    const { realm, caller } = testRealmOfCall();
    caller.send([49, 1, { mode }]);
    expect(realm.take()).toStrictEqual([
      ...violated("caller", "CANCEL: invalid mode").slice(0, 1),
      interrupted("killnowait"),
      ["caller", "closed", 1002],
    ]);
  });

  test("[CANCEL-07] of a call that is unknown, of another session or over is ignored", () => {
    const { realm, caller, callee } = testRealmOfCall();
    const stranger = realm.join("stranger");
    stranger.send([49, 1, { mode: "kill" }]);
    caller.send([49, 2, { mode: "kill" }]);
    callee.send([70, 1, {}, [30]]);
    caller.send([49, 1, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, [30]]]]);
  });

  test.each([
    ["kill", ["kill", "kill"], []],
    ["kill", ["killnowait"], [CALLER_TOLD]],
    ["kill", ["skip"], [CALLER_TOLD]],
    ["kill", ["kill", "skip", "skip"], [CALLER_TOLD]],
    ["skip", ["kill", "killnowait", "skip"], []],
    ["killnowait", ["kill", "killnowait", "skip"], []],
  ])("[CANCEL-08] %s followed by %j interrupts no callee again", (first, others, heard) => {
    const { realm, caller } = testRealmOfCall();
    caller.send([49, 1, { mode: first }]);
    realm.take();
    caller.send(...others.map((mode) => [49, 1, { mode }]));
    expect(realm.take()).toStrictEqual(heard);
  });

  test("[CANCEL-08] kill and its release are remembered over sleep", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.sleepAndWake();
    caller.send([49, 1, { mode: "kill" }], [49, 1, { mode: "skip" }]);
    realm.sleepAndWake();
    callee.send([70, 1, {}, [30]]);
    expect(realm.take()).toStrictEqual([interrupted("kill"), CALLER_TOLD]);
  });

  test("[CANCEL-01][LEAVE-04] skip of a call in progress: the next part makes the callee stop, once", () => {
    const { realm, caller, callee } = testRealmOfCall(CAN, { receive_progress: true });
    caller.send([49, 1, { mode: "skip" }]);
    callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]], [70, 1, {}, [3]]);
    expect(realm.take()).toStrictEqual([CALLER_TOLD, interrupted("killnowait")]);
  });

  test("[CANCEL-03][LEAVE-04] killnowait of a call in progress tells the callee no second time", () => {
    const { realm, caller, callee } = testRealmOfCall(CAN, { receive_progress: true });
    caller.send([49, 1, { mode: "killnowait" }]);
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CALLER_TOLD]);
  });

  test("[CANCEL-08][LEAVE-04] kill and then skip of a call in progress tells the callee no second time", () => {
    const { realm, caller, callee } = testRealmOfCall(CAN, { receive_progress: true });
    caller.send([49, 1, { mode: "kill" }], [49, 1, { mode: "skip" }]);
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([interrupted("kill"), CALLER_TOLD]);
  });

  test("[CANCEL-02] kill lets progress through until the final answer", () => {
    const { realm, caller, callee } = testRealmOfCall(CAN, { receive_progress: true });
    caller.send([49, 1, { mode: "kill" }]);
    callee.send([70, 1, { progress: true }, [1]], [8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([
      interrupted("kill"),
      ["caller", [50, 1, { progress: true }, [1]]],
      ["caller", [8, 48, 1, {}, CANCELED]],
    ]);
  });
});

describe("after CANCEL kill", () => {
  test("[CANCEL-02][LEAVE-05] the callee's leaving is the caller's answer", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    callee.disconnect();
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, CANCELED, ["the callee's session ended"]]]]);
  });

  test("[CANCEL-08][LEAVE-01] the caller's leaving interrupts the callee no second time", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    caller.disconnect();
    callee.send([8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([]);
  });
});
