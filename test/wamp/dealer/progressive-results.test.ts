/** Calls that are answered in parts (Progressive Call Results). */

import { describe, expect, test } from "vitest";
import { TestRealm, violated } from "../host/test-realm.ts";
import { CALLEE_FEATURES, joinCallee, joinCaller } from "./rpc-clients.ts";

const PROGRESSIVE = { receive_progress: true };
const TOO_LARGE = ["the answer is too large for the caller's connection"];

/** A caller (session 1) with an open call with receive_progress, and its callee (session 2, registration 3). */
function testRealmOfCall(features: readonly string[] = CALLEE_FEATURES) {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller");
  const callee = joinCallee(realm, "callee", features);
  caller.send([48, 7, PROGRESSIVE, "com.p", [2010]]);
  return { realm, caller, callee };
}

describe("receive_progress", () => {
  test("[PROG-01] receive_progress is forwarded to a callee with progressive results and call canceling", () => {
    const { realm } = testRealmOfCall(["progressive_call_results", "call_canceling"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, PROGRESSIVE, [2010]]]]);
  });

  test("[PROG-01][FEAT-03] receive_progress is forwarded to a callee that announced call_cancelling", () => {
    const { realm, caller } = testRealmOfCall(["progressive_call_results", "call_cancelling"]);
    caller.send([49, 7, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, PROGRESSIVE, [2010]]],
      ["callee", [69, 1, { mode: "kill" }]],
    ]);
  });

  test("[PROG-01][FEAT-05] receive_progress is forwarded without call canceling too, because Autobahn|JS and Wampy need it", () => {
    const { realm } = testRealmOfCall(["progressive_call_results"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, PROGRESSIVE, [2010]]]]);
  });

  test.each([[[]], [["call_canceling"]], [["progressive_call_invocations"]]])(
    "[PROG-02] receive_progress is omitted for a callee that announced %j, and the call succeeds",
    (features) => {
      const { realm, callee } = testRealmOfCall(features);
      callee.send([70, 1, {}, [42]]);
      expect(realm.take()).toStrictEqual([
        ["callee", [68, 1, 3, {}, [2010]]],
        ["caller", [50, 7, {}, [42]]],
      ]);
    },
  );

  test("[PROG-02] a progressive YIELD without receive_progress in INVOCATION is forwarded if the caller asked for progress", () => {
    const { realm, callee } = testRealmOfCall([]);
    realm.take();
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([["caller", [50, 7, { progress: true }, [1]]]]);
  });

  test("[PROG-02][FEAT-08] receive_progress works for a caller that did not announce progressive results", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller", []);
    const callee = joinCallee(realm, "callee");
    caller.send([48, 1, PROGRESSIVE, "com.p"]);
    callee.send([70, 1, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, PROGRESSIVE]],
      ["caller", [50, 1, { progress: true }, [1]]],
    ]);
  });

  test("receive_progress: false acts like an absent option", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "callee");
    caller.send([48, 1, { receive_progress: false }, "com.p"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });
});

describe("a progressive YIELD", () => {
  test("[PROG-03][PROG-04][PROG-07][ORD-07] a progressive YIELD is forwarded at once with any payload, and the final YIELD ends the call", () => {
    const { realm, callee } = testRealmOfCall();
    realm.take();
    callee.send([70, 1, { progress: true }, ["Y2010", 120]]);
    expect(realm.take()).toStrictEqual([["caller", [50, 7, { progress: true }, ["Y2010", 120]]]]);
    callee.send([70, 1, { progress: true }], [70, 1, { progress: true }, [], { total: 3 }]);
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 7, { progress: true }]],
      ["caller", [50, 7, { progress: true }, [], { total: 3 }]],
    ]);
    callee.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([["caller", [50, 7, {}]]]);
    expect(realm.recordOf(1).calls).toStrictEqual([]);
  });

  test("[PROG-04] an ERROR after a progressive YIELD ends the call", () => {
    const { realm, callee } = testRealmOfCall();
    realm.take();
    callee.send([70, 1, { progress: true }, [1]], [8, 68, 1, {}, "com.app.broken", ["half way"]]);
    callee.send([70, 1, { progress: true }, [2]]);
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 7, { progress: true }, [1]]],
      ["caller", [8, 48, 7, {}, "com.app.broken", ["half way"]]],
    ]);
  });

  test("[PROG-05] a progressive or final YIELD after the final answer is discarded", () => {
    const { realm, callee } = testRealmOfCall();
    callee.send([70, 1, {}, ["all"]]);
    realm.take();
    callee.send([70, 1, { progress: true }, ["more"]], [70, 1, {}, ["again"]], [8, 68, 1, {}, "com.app.late"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[PROG-06] a progressive YIELD that the caller did not ask for is dropped; the final YIELD is the result (D-25)", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const callee = joinCallee(realm, "callee");
    caller.send([48, 1, {}, "com.p"]);
    callee.send([70, 1, { progress: true }, [1]], [70, 1, {}, ["all"]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["caller", [50, 1, {}, ["all"]]],
    ]);
  });

  test("[PROG-03] progressive results continue after sleep", () => {
    const { realm, callee } = testRealmOfCall();
    callee.send([70, 1, { progress: true }, [1]]);
    realm.take();
    realm.sleepAndWake();
    callee.send([70, 1, { progress: true }, [2]], [70, 1, {}, [3]]);
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 7, { progress: true }, [2]]],
      ["caller", [50, 7, {}, [3]]],
    ]);
  });

  test("a progressive YIELD for an unknown invocation breaks the protocol", () => {
    const { realm, callee } = testRealmOfCall();
    realm.take();
    callee.send([70, 2, { progress: true }, [1]]);
    expect(realm.take()).toStrictEqual([
      ...violated("callee", "no invocation was sent with this request id").slice(0, 1),
      ["caller", [8, 48, 7, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["callee", "closed", 1002],
    ]);
  });
});

describe("a call with progressive results", () => {
  test("[PROG-08] a call with progressive results is interrupted once when its caller leaves", () => {
    const { realm, caller, callee } = testRealmOfCall();
    callee.send([70, 1, { progress: true }, [1]]);
    realm.take();
    caller.disconnect();
    callee.send([70, 1, { progress: true }, [2]], [70, 1, {}, [3]]);
    expect(realm.take()).toStrictEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
  });

  test("[PROG-08] a call with progressive results ends with wamp.error.canceled when its callee leaves", () => {
    const { realm, callee } = testRealmOfCall();
    callee.send([70, 1, { progress: true }, [1]]);
    realm.take();
    callee.disconnect();
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 7, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
  });

  test("[PROG-10] a call with progressive results ends and its callee is interrupted when the caller's connection is dead", () => {
    const { realm, caller, callee } = testRealmOfCall();
    realm.take();
    caller.transport.isDead = true;
    callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]]);
    expect(realm.take()).toStrictEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
    expect(realm.recordOf(1).calls).toStrictEqual([]);
  });

  test("[PROG-10] a call with progressive results ends when a part is too large for the caller", () => {
    const { realm, caller, callee } = testRealmOfCall();
    realm.take();
    caller.transport.maxLength = 120;
    callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, ["x".repeat(100)]]);
    callee.send([70, 1, { progress: true }, [3]], [70, 1, {}, [4]]);
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 7, { progress: true }, [1]]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 7, {}, "wamp.error.payload_size_exceeded", TOO_LARGE]],
    ]);
  });
});
