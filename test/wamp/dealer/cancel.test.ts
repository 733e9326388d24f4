/** Cancellation of calls by their callers (Call Canceling). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const CANCELED = "wamp.error.canceled";
const CANCELABLE = ["call_canceling", "progressive_call_results"];
const CANCELED_ERROR = ["caller", [8, 48, 1, {}, ...routerError(CANCELED)]] as const;

/** A caller (session 1) with one open call, and its callee (session 2, registration 3). */
function testRealmOfCall(features: readonly string[] = CANCELABLE, options: object = {}) {
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
  test("[CANCEL-01][CANCEL-09][CANCEL-11] CANCEL skip answers the caller at once and sends nothing to the callee", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "skip" }]);
    expect(realm.take()).toStrictEqual([CANCELED_ERROR]);
    callee.send([70, 1, {}, [30]]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[CANCEL-02][CANCEL-09] CANCEL kill interrupts the callee, and the callee's error is sent to the caller", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([interrupted("kill")]);
    callee.send([8, 68, 1, {}, CANCELED, ["stopped"]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, CANCELED, ["stopped"]]]]);
  });

  test("[CANCEL-02][CANCEL-10] CANCEL kill lets a RESULT through that was under way, also after sleep", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    realm.sleepAndWake();
    callee.send([70, 1, {}, [30]], [8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, [30]]]]);
  });

  test("[CANCEL-03][CANCEL-09] CANCEL killnowait answers the caller and interrupts the callee at once; the callee's answer is discarded", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "killnowait" }]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CANCELED_ERROR]);
    callee.send([8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([]);
  });

  test.each([["skip"], ["kill"], ["killnowait"], [undefined]])(
    "[CANCEL-04] CANCEL with mode %s acts as skip if the callee did not announce call_canceling",
    (mode) => {
      const { realm, caller, callee } = testRealmOfCall([]);
      caller.send([49, 1, { mode }]);
      callee.send([70, 1, {}, [30]]);
      expect(realm.take()).toStrictEqual([CANCELED_ERROR]);
    },
  );

  test.each([[{}], [{ mode: null }]])("[CANCEL-05] CANCEL with the options %j acts as killnowait", (options) => {
    const { realm, caller } = testRealmOfCall();
    caller.send([49, 1, options]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CANCELED_ERROR]);
  });

  test.each([["abort"], [" "], ["KILL"], [7], [true]])(
    "[CANCEL-06] CANCEL with mode %j breaks the protocol",
    (mode) => {
      const { realm, caller } = testRealmOfCall();
      caller.send([49, 1, { mode }]);
      expect(realm.take()).toStrictEqual([
        ...violated("caller", "CANCEL: invalid mode").slice(0, 1),
        interrupted("killnowait"),
        ["caller", "closed", 1002],
      ]);
    },
  );

  test("[CANCEL-07] CANCEL of an unknown call, of another session's call or of a finished call is ignored", () => {
    const { realm, caller, callee } = testRealmOfCall();
    const outsider = realm.join("outsider");
    outsider.send([49, 1, { mode: "kill" }]);
    caller.send([49, 2, { mode: "kill" }]);
    callee.send([70, 1, {}, [30]]);
    caller.send([49, 1, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, [30]]]]);
  });

  test.each([
    ["kill", ["kill", "kill"], []],
    ["kill", ["killnowait"], [CANCELED_ERROR]],
    ["kill", ["skip"], [CANCELED_ERROR]],
    ["kill", ["kill", "skip", "skip"], [CANCELED_ERROR]],
    ["skip", ["kill", "killnowait", "skip"], []],
    ["killnowait", ["kill", "killnowait", "skip"], []],
  ])("[CANCEL-08] CANCEL %s followed by %j interrupts the callee only once", (first, others, expected) => {
    const { realm, caller } = testRealmOfCall();
    caller.send([49, 1, { mode: first }]);
    realm.take();
    caller.send(...others.map((mode) => [49, 1, { mode }]));
    expect(realm.take()).toStrictEqual(expected);
  });

  test("[CANCEL-08] CANCEL kill and a later CANCEL skip are remembered over sleep", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.sleepAndWake();
    caller.send([49, 1, { mode: "kill" }], [49, 1, { mode: "skip" }]);
    realm.sleepAndWake();
    callee.send([70, 1, {}, [30]]);
    expect(realm.take()).toStrictEqual([interrupted("kill"), CANCELED_ERROR]);
  });

  test("[CANCEL-01][LEAVE-04] CANCEL skip of a call with progressive results interrupts the callee at its next part, once", () => {
    const { realm, caller, callee } = testRealmOfCall(CANCELABLE, { receive_progress: true });
    caller.send([49, 1, { mode: "skip" }]);
    callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]], [70, 1, {}, [3]]);
    expect(realm.take()).toStrictEqual([CANCELED_ERROR, interrupted("killnowait")]);
  });

  test("[CANCEL-03][LEAVE-04] CANCEL killnowait of a call with progressive results interrupts the callee only once", () => {
    const { realm, caller, callee } = testRealmOfCall(CANCELABLE, { receive_progress: true });
    caller.send([49, 1, { mode: "killnowait" }]);
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([interrupted("killnowait"), CANCELED_ERROR]);
  });

  test("[CANCEL-08][LEAVE-04] CANCEL kill and then skip of a call with progressive results interrupts the callee only once", () => {
    const { realm, caller, callee } = testRealmOfCall(CANCELABLE, { receive_progress: true });
    caller.send([49, 1, { mode: "kill" }], [49, 1, { mode: "skip" }]);
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([interrupted("kill"), CANCELED_ERROR]);
  });

  test("[CANCEL-02] CANCEL kill lets progressive results through until the final answer", () => {
    const { realm, caller, callee } = testRealmOfCall(CANCELABLE, { receive_progress: true });
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
  test("[CANCEL-02][LEAVE-05] after CANCEL kill the caller gets wamp.error.canceled when the callee leaves", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    callee.disconnect();
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, CANCELED, ["the callee's session ended"]]]]);
  });

  test("[CANCEL-08][LEAVE-01] after CANCEL kill the callee is not interrupted again when the caller leaves", () => {
    const { realm, caller, callee } = testRealmOfCall();
    caller.send([49, 1, { mode: "kill" }]);
    realm.take();
    caller.disconnect();
    callee.send([8, 68, 1, {}, CANCELED]);
    expect(realm.take()).toStrictEqual([]);
  });
});
