/** Calls, basic profile (Remote Procedure Calls). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { testRealmWithAdd } from "./rpc-clients.ts";

describe("CALL", () => {
  test("[CALL-01] CALL reaches the callee as INVOCATION, and its YIELD reaches the caller as RESULT", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 7814135, {}, "com.add", [23, 7]]);
    callee.send([70, 1, {}, [30]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, [23, 7]]],
      ["caller", [50, 7814135, {}, [30]]],
    ]);
  });

  test.each([
    ["nothing", [], []],
    ["empty Arguments", [[]], []],
    ["empty Arguments and ArgumentsKw", [[], {}], []],
    ["Arguments", [["a", [1], null]], [["a", [1], null]]],
    ["ArgumentsKw alone", [[], { a: 1 }], [[], { a: 1 }]],
    ["both", [[1], { a: { b: [2] } }], [[1], { a: { b: [2] } }]],
  ])("[CALL-02] CALL, RESULT and ERROR carry the payload: %s", (_, sent, received) => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add", ...sent], [48, 2, {}, "com.add", ...sent]);
    callee.send([70, 1, {}, ...sent], [8, 68, 2, {}, "com.error", ...sent]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, ...received]],
      ["callee", [68, 2, 3, {}, ...received]],
      ["caller", [50, 1, {}, ...received]],
      ["caller", [8, 48, 2, {}, "com.error", ...received]],
    ]);
  });

  test("[CALL-03] CALL of a procedure without a registration is refused", () => {
    const { realm, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.adder"]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]]]);
  });

  test("[CALL-05] CALL that fails at the callee returns the callee's error URI, Arguments and ArgumentsKw", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 7, {}, "com.add"]);
    callee.send([
      8,
      68,
      1,
      {},
      "com.myapp.error.object_write_protected",
      ["Object is write protected."],
      { severity: 3 },
    ]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      [
        "caller",
        [8, 48, 7, {}, "com.myapp.error.object_write_protected", ["Object is write protected."], { severity: 3 }],
      ],
    ]);
  });

  test("[CALL-06] the caller gets no details of the callee's ERROR and no options of its YIELD", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    callee.send([8, 68, 1, { foo_bar: 1, message: "secret" }, "com.error"], [70, 2, { foo_bar: 1, timeout: 5 }]);
    expect(realm.take().slice(2)).toStrictEqual([
      ["caller", [8, 48, 1, {}, "com.error"]],
      ["caller", [50, 2, {}]],
    ]);
  });

  test("[CALL-07][ORD-06] a caller may have several open calls; results are sent in the order of completion", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 10, {}, "com.add"], [48, 11, {}, "com.add"], [48, 12, {}, "com.add"]);
    callee.send([70, 3, {}, ["third"]], [70, 1, {}, ["first"]], [8, 68, 2, {}, "com.error"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["callee", [68, 2, 3, {}]],
      ["callee", [68, 3, 3, {}]],
      ["caller", [50, 12, {}, ["third"]]],
      ["caller", [50, 10, {}, ["first"]]],
      ["caller", [8, 48, 11, {}, "com.error"]],
    ]);
  });

  test("[CALL-08] a session may call its own procedure", () => {
    const { realm, callee } = testRealmWithAdd();
    callee.send([48, 1, {}, "com.add", [1]], [70, 1, {}, [2]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, [1]]],
      ["callee", [50, 1, {}, [2]]],
    ]);
  });

  test("[CALL-11] CALL with the request id of an open call breaks the protocol", () => {
    const { realm, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 1, {}, "com.other"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ...violated("caller", "CALL: request id of a call that is still open"),
    ]);
  });

  test("[CALL-11] CALL may reuse the request id of a finished call", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"]);
    callee.send([70, 1, {}]);
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.none"], [48, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["caller", [50, 1, {}]],
      ["callee", [68, 2, 3, {}]],
      ["caller", [8, 48, 2, {}, ...routerError("wamp.error.no_such_procedure")]],
      ["callee", [68, 3, 3, {}]],
    ]);
  });

  test("[CALL-13] CALL to a callee whose connection is dead fails at once and is forgotten", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    callee.transport.isDead = true;
    caller.send([48, 1, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.network_failure")]]]);
    callee.disconnect();
    expect(realm.take()).toStrictEqual([]);
  });

  test("[CALL-14] the callee gets none of the options of CALL", () => {
    const { realm, caller } = testRealmWithAdd();
    const options = { timeout: 1000, disclose_me: false, receive_progress: false, runmode: "x", rkey: "r" };
    caller.send([48, 1, { ...options, foo_bar: 1, caller: 9, procedure: "x.y", forward_for: [] }, "com.add"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });

  test("CALL beyond the limit of open calls is refused, and accepted again when one has finished", () => {
    const realm = new TestRealm({ limits: { pending_calls_per_session: 1 } });
    const [callee, caller] = realm.joinAll("callee", "caller");
    callee.send([64, 1, {}, "com.add"]);
    realm.take();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    callee.send([70, 1, {}], [48, 2, {}, "com.add"]);
    caller.send([48, 3, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["caller", [8, 48, 2, {}, "wamp.edge.error.limit_exceeded", ["a session may wait for 1 calls"]]],
      ["caller", [50, 1, {}]],
      ["callee", [68, 2, 3, {}]],
      ["callee", [68, 3, 3, {}]],
    ]);
  });
});

describe("YIELD and ERROR", () => {
  test.each([
    ["YIELD", [70, 999, {}]],
    ["ERROR", [8, 68, 999, {}, "com.error"]],
    ["progressive YIELD", [70, 2, { progress: true }]],
  ])("[CALL-09] %s for an unknown invocation breaks the protocol, and the open call fails", (_, message) => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"]);
    callee.send(message);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["callee", [3, { message: "no invocation was sent with this request id" }, "wamp.error.protocol_violation"]],
      ["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["callee", "closed", 1002],
    ]);
  });

  test("[CALL-09][ID-08] YIELD from a session that got no invocation breaks the protocol, even if another session got that id", () => {
    const { realm, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ...violated("caller", "no invocation was sent with this request id"),
    ]);
  });

  test("[CALL-09] YIELD and ERROR for a canceled call are discarded, also after sleep", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"], [49, 1, { mode: "skip" }], [49, 2, { mode: "skip" }]);
    realm.take();
    callee.send([70, 1, {}, ["late"]]);
    realm.sleepAndWake();
    callee.send([8, 68, 2, {}, "com.error"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test.each([
    ["YIELD after YIELD", [70, 1, {}, [1]], [70, 1, {}, [2]], [50, 1, {}, [1]]],
    ["ERROR after YIELD", [70, 1, {}, [1]], [8, 68, 1, {}, "com.error"], [50, 1, {}, [1]]],
    ["YIELD after ERROR", [8, 68, 1, {}, "com.error"], [70, 1, {}, [2]], [8, 48, 1, {}, "com.error"]],
    ["progress after YIELD", [70, 1, {}], [70, 1, { progress: true }], [50, 1, {}]],
  ])("[CALL-10] the second final answer to an invocation is discarded: %s", (_, first, second, answer) => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, { receive_progress: true }, "com.add"]);
    realm.take();
    callee.send(first, second, second);
    expect(realm.take()).toStrictEqual([["caller", answer]]);
  });
});
