/** Registrations and calls, basic profile (Remote Procedure Calls). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

/** A callee with `com.add` (registration 3) and a caller. */
function stageWithAdd() {
  const realm = new TestRealm();
  const [callee, caller] = realm.joinAll("callee", "caller");
  callee.send([64, 1, {}, "com.add"]);
  realm.take();
  return { realm, callee, caller };
}

describe("REGISTER", () => {
  test("[REG-01] is answered with the id of a registration", () => {
    const realm = new TestRealm();
    realm.join("callee").send([64, 1, {}, "com.myapp.myprocedure1"]);
    expect(realm.take()).toStrictEqual([["callee", [65, 1, 2]]]);
  });

  test("[REG-02] for a procedure that is taken is refused, to another session and to the same", () => {
    const { realm, callee, caller } = stageWithAdd();
    callee.send([64, 2, {}, "com.add"]);
    caller.send([64, 1, {}, "com.add"], [64, 2, { match: "exact", invoke: "single" }, "com.add"]);
    caller.send([48, 3, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 64, 2, {}, ...denial("wamp.error.procedure_already_exists")]],
      ["caller", [8, 64, 1, {}, ...denial("wamp.error.procedure_already_exists")]],
      ["caller", [8, 64, 2, {}, ...denial("wamp.error.procedure_already_exists")]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("is refused beyond the limit of the session", () => {
    const realm = new TestRealm({ limits: { registrations_per_session: 1 } });
    const ann = realm.join("ann");
    ann.send([64, 1, {}, "a.b"], [64, 2, {}, "a.c"], [66, 3, 2], [64, 4, {}, "a.c"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [65, 1, 2]],
      ["ann", [8, 64, 2, {}, "wamp.edge.error.limit_exceeded", ["a session may hold 1 registrations"]]],
      ["ann", [67, 3]],
      ["ann", [65, 4, 3]],
    ]);
  });
});

describe("UNREGISTER", () => {
  test("[REG-05] ends a registration, and the procedure is free for others", () => {
    const { realm, callee, caller } = stageWithAdd();
    callee.send([66, 2, 3]);
    caller.send([48, 1, {}, "com.add"], [64, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [67, 2]],
      ["caller", [8, 48, 1, {}, ...denial("wamp.error.no_such_procedure")]],
      ["caller", [65, 2, 4]],
    ]);
  });

  test("[REG-06] of what does not exist is refused, also the second time", () => {
    const { realm, callee } = stageWithAdd();
    callee.send([66, 2, 2103333224], [66, 3, 3], [66, 4, 3]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 66, 2, {}, ...denial("wamp.error.no_such_registration")]],
      ["callee", [67, 3]],
      ["callee", [8, 66, 4, {}, ...denial("wamp.error.no_such_registration")]],
    ]);
  });

  test("[REG-07] of the registration of another session is refused as if it did not exist, and changes nothing", () => {
    const { realm, caller } = stageWithAdd();
    caller.send([66, 1, 3], [48, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 66, 1, {}, ...denial("wamp.error.no_such_registration")]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("[REG-09] leaves running invocations alone: YIELD and ERROR reach their callers, before and after a sleep", () => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"], [48, 3, {}, "com.add"]);
    callee.send([66, 2, 3], [70, 1, {}, ["one"]]);
    realm.sleepAndWake();
    callee.send([8, 68, 2, {}, "com.error"], [70, 3, {}, ["three"]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["callee", [68, 2, 3, {}]],
      ["callee", [68, 3, 3, {}]],
      ["callee", [67, 2]],
      ["caller", [50, 1, {}, ["one"]]],
      ["caller", [8, 48, 2, {}, "com.error"]],
      ["caller", [50, 3, {}, ["three"]]],
    ]);
  });
});

test("[REG-08] registrations end with their session", () => {
  const { realm, callee, caller } = stageWithAdd();
  callee.send([64, 2, { match: "prefix" }, "com.sub"]);
  callee.disconnect();
  realm.take();
  caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.sub.x"], [64, 3, {}, "com.add"]);
  expect(realm.take()).toStrictEqual([
    ["caller", [8, 48, 1, {}, ...denial("wamp.error.no_such_procedure")]],
    ["caller", [8, 48, 2, {}, ...denial("wamp.error.no_such_procedure")]],
    ["caller", [65, 3, 5]],
  ]);
});

describe("CALL", () => {
  test("[CALL-01] reaches the callee as INVOCATION, and its YIELD comes back as RESULT", () => {
    const { realm, callee, caller } = stageWithAdd();
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
  ])("[CALL-02] carries %s there and back, and so does an error", (_, sent, received) => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add", ...sent], [48, 2, {}, "com.add", ...sent]);
    callee.send([70, 1, {}, ...sent], [8, 68, 2, {}, "com.error", ...sent]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, ...received]],
      ["callee", [68, 2, 3, {}, ...received]],
      ["caller", [50, 1, {}, ...received]],
      ["caller", [8, 48, 2, {}, "com.error", ...received]],
    ]);
  });

  test("[CALL-03] of a procedure without a registration is refused", () => {
    const { realm, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.adder"]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...denial("wamp.error.no_such_procedure")]]]);
  });

  test("[CALL-05] that fails at the callee fails with its URI, Arguments and ArgumentsKw", () => {
    const { realm, callee, caller } = stageWithAdd();
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

  test("[CALL-06] shows nothing of the details of the callee's ERROR, nor of the options of its YIELD", () => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    callee.send([8, 68, 1, { foo_bar: 1, message: "secret" }, "com.error"], [70, 2, { foo_bar: 1, timeout: 5 }]);
    expect(realm.take().slice(2)).toStrictEqual([
      ["caller", [8, 48, 1, {}, "com.error"]],
      ["caller", [50, 2, {}]],
    ]);
  });

  test("[CALL-07][ORD-06] may be open many times; results come in the order of completion", () => {
    const { realm, callee, caller } = stageWithAdd();
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

  test("[CALL-08] may go to a procedure of the caller itself", () => {
    const { realm, callee } = stageWithAdd();
    callee.send([48, 1, {}, "com.add", [1]], [70, 1, {}, [2]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, [1]]],
      ["callee", [50, 1, {}, [2]]],
    ]);
  });

  test("[CALL-11] with the request id of a call that is open breaks the protocol", () => {
    const { realm, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 1, {}, "com.other"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ...violated("caller", "CALL: request id of a call that is still open"),
    ]);
  });

  test("[CALL-11] may have the request id of a call that is over", () => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"]);
    callee.send([70, 1, {}]);
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.none"], [48, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["caller", [50, 1, {}]],
      ["callee", [68, 2, 3, {}]],
      ["caller", [8, 48, 2, {}, ...denial("wamp.error.no_such_procedure")]],
      ["callee", [68, 3, 3, {}]],
    ]);
  });

  test("[CALL-13] to a callee whose connection is dead fails at once and is forgotten", () => {
    const { realm, callee, caller } = stageWithAdd();
    callee.transport.isDead = true;
    caller.send([48, 1, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...denial("wamp.error.network_failure")]]]);
    callee.disconnect();
    expect(realm.take()).toStrictEqual([]);
  });

  test("[CALL-14] shows nothing of its options to the callee", () => {
    const { realm, caller } = stageWithAdd();
    const options = { timeout: 1000, disclose_me: false, receive_progress: false, runmode: "x", rkey: "r" };
    caller.send([48, 1, { ...options, foo_bar: 1, caller: 9, procedure: "x.y", forward_for: [] }, "com.add"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });

  test("is refused beyond the limit of open calls, and taken again when one is over", () => {
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
  ])("[CALL-09] %s to an invocation never sent breaks the protocol; the open call fails", (_, message) => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"]);
    callee.send(message);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["callee", [3, { message: "no invocation was sent with this request id" }, "wamp.error.protocol_violation"]],
      ["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["callee", "closed", 1002],
    ]);
  });

  test("[CALL-09][ID-08] from a session that was never sent one break the protocol, though others were", () => {
    const { realm, caller } = stageWithAdd();
    caller.send([48, 1, {}, "com.add"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ...violated("caller", "no invocation was sent with this request id"),
    ]);
  });

  test("[CALL-09] to a call that was canceled are discarded, also after a sleep", () => {
    const { realm, callee, caller } = stageWithAdd();
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
  ])("[CALL-10] the second final answer is discarded: %s", (_, first, second, answer) => {
    const { realm, callee, caller } = stageWithAdd();
    caller.send([48, 1, { receive_progress: true }, "com.add"]);
    realm.take();
    callee.send(first, second, second);
    expect(realm.take()).toStrictEqual([["caller", answer]]);
  });
});

describe("[WS-18] what is too large for its receiver", () => {
  const LONG = ["x".repeat(200)];

  test("becomes payload_size_exceeded for the caller when it is a RESULT", () => {
    const { realm, callee, caller } = stageWithAdd();
    caller.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    realm.take();
    callee.send([70, 1, {}, LONG], [70, 1, {}, ["late"]], [70, 2, {}, ["short"]]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]],
      ["caller", [50, 2, {}, ["short"]]],
    ]);
  });

  test("becomes payload_size_exceeded for the caller when it is an ERROR", () => {
    const { realm, callee, caller } = stageWithAdd();
    caller.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add"]);
    realm.take();
    callee.send([8, 68, 1, {}, "com.error", LONG]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]]]);
  });

  test("ends the call when it is a progressive RESULT, and stops the callee", () => {
    const realm = new TestRealm();
    const callee = realm.join("callee", { callee: { features: { call_canceling: true } } });
    const caller = realm.join("caller");
    callee.send([64, 1, {}, "com.add"]);
    caller.transport.maxLength = 150;
    caller.send([48, 1, { receive_progress: true }, "com.add"]);
    realm.take();
    callee.send([70, 1, { progress: true }, ["short"]], [70, 1, { progress: true }, LONG], [70, 1, {}, ["late"]]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 1, { progress: true }, ["short"]]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]],
    ]);
  });

  test("[ID-04] fails the call when it is an INVOCATION, which leaves no gap in the callee's sequence", () => {
    const { realm, callee, caller } = stageWithAdd();
    callee.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add", ["short"]], [48, 2, {}, "com.add", LONG], [48, 3, {}, "com.add", ["short"]]);
    callee.send([70, 2, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, ["short"]]],
      ["caller", [8, 48, 2, {}, ...denial("wamp.error.payload_size_exceeded")]],
      ["callee", [68, 2, 3, {}, ["short"]]],
      ["caller", [50, 3, {}]],
    ]);
  });
});
