/** Input in parts (Progressive Call Invocations). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial-errors.ts";
import type { Entry } from "../host/test-realm.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { CALLEE_FEATURES, joinCallee, joinCaller } from "./rpc-clients.ts";

const MORE = { progress: true };
const STREAMING = ["progressive_call_invocations", "call_canceling"];
const GONE = ["the callee's session ended"];
const STILL_OPEN = "CALL: request id of a call that is still open";
const OUT_OF_SEQUENCE = "request ids must be sequential";

/** A caller (session 1) and a callee (session 2) of `com.p` (registration 3). */
function testRealmOfTwo(input: ConstructorParameters<typeof TestRealm>[0] = {}) {
  const realm = new TestRealm(input);
  const caller = joinCaller(realm, "caller");
  return { realm, caller, callee: joinCallee(realm, "callee") };
}

const STRICT = { options: { request_id_check: "strict" } } as const;

describe("the chunks of a call", () => {
  test("[PINV-01] reach the callee under one request id; the one without progress closes the input", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 77245, MORE, "com.p", [1]], [48, 77245, MORE, "com.p"], [48, 77245, {}, "com.p", [], { n: 2 }]);
    callee.send([70, 1, {}, [3]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [68, 1, 3, MORE]],
      ["callee", [68, 1, 3, {}, [], { n: 2 }]],
      ["caller", [50, 77245, {}, [3]]],
    ]);
  });

  test("[PINV-01] go on after a sleep, and progress: false closes the input like no progress", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    realm.sleepAndWake();
    caller.send([48, 1, MORE, "com.p", [2]]);
    realm.sleepAndWake();
    caller.send([48, 1, { progress: false }, "com.p", [3]]);
    realm.sleepAndWake();
    callee.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [68, 1, 3, MORE, [2]]],
      ["callee", [68, 1, 3, {}, [3]]],
      ["caller", [50, 1, {}]],
    ]);
  });

  test("[PINV-04] all go to the callee chosen for the first", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    for (const name of ["one", "two"]) joinCallee(realm, name, CALLEE_FEATURES, { invoke: "roundrobin" });
    caller.send([48, 1, MORE, "com.p", ["a1"]], [48, 2, MORE, "com.p", ["b1"]]);
    caller.send([48, 1, MORE, "com.p", ["a2"]], [48, 2, {}, "com.p", ["b2"]], [48, 1, {}, "com.p", ["a3"]]);
    expect(realm.take().map(([name, message]) => [name, message[4]])).toStrictEqual([
      ["one", ["a1"]],
      ["two", ["b1"]],
      ["one", ["a2"]],
      ["two", ["b2"]],
      ["one", ["a3"]],
    ]);
  });

  test("[PINV-05][PINV-06] take their options from the first: what it disclosed stays, what others ask is ignored", () => {
    const { realm, caller } = testRealmOfTwo();
    const wishes = { disclose_me: true, receive_progress: true, ppt_scheme: "x_", timeout: 5, custom: 1 };
    caller.send([48, 1, { ...MORE, disclose_me: true }, "com.p"], [48, 1, MORE, "com.p"], [48, 1, {}, "com.p"]);
    caller.send([48, 2, { ...MORE, custom: 1 }, "com.p"], [48, 2, { ...MORE, ...wishes }, "com.p", [2]]);
    caller.send([48, 2, wishes, "com.p", [3]]);
    const identity = { caller: 1, caller_authid: expect.any(String), caller_authrole: "anonymous" };
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { ...identity, progress: true }]],
      ["callee", [68, 1, 3, { ...identity, progress: true }]],
      ["callee", [68, 1, 3, identity]],
      ["callee", [68, 2, 3, MORE]],
      ["callee", [68, 2, 3, MORE, [2]]],
      ["callee", [68, 2, 3, {}, [3]]],
    ]);
    realm.advance(10);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[PINV-11] and progressive results flow both ways at once, unpaired", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, { ...MORE, receive_progress: true }, "com.p", [1]]);
    callee.send([70, 1, MORE, ["a"]], [70, 1, MORE, ["b"]]);
    caller.send([48, 1, MORE, "com.p", [2]], [48, 1, {}, "com.p", [3]]);
    callee.send([70, 1, MORE, ["c"]], [70, 1, {}, ["d"]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { receive_progress: true, progress: true }, [1]]],
      ["caller", [50, 1, MORE, ["a"]]],
      ["caller", [50, 1, MORE, ["b"]]],
      ["callee", [68, 1, 3, { receive_progress: true, progress: true }, [2]]],
      ["callee", [68, 1, 3, { receive_progress: true }, [3]]],
      ["caller", [50, 1, MORE, ["c"]]],
      ["caller", [50, 1, {}, ["d"]]],
    ]);
  });

  test("[PINV-14] are authorized with the first, and find its callee though the registration is gone", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    callee.send([66, 2, 3]);
    realm.configure({ roles: [{ name: "anonymous" }] });
    realm.sleepAndWake();
    realm.take();
    caller.send([48, 1, {}, "com.p", [2]], [48, 2, {}, "com.p"]);
    callee.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, [2]]],
      ["caller", [8, 48, 2, {}, ...denial("wamp.error.not_authorized")]],
      ["caller", [50, 1, {}]],
    ]);
  });

  test("end the call where one is too large for the callee: a stream with a hole is worth nothing", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    callee.transport.maxLength = 100;
    caller.send([48, 1, MORE, "com.p", ["x".repeat(100)]], [48, 1, {}, "com.p", [3]], [48, 2, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 1, {}, ...denial("wamp.error.payload_size_exceeded")]],
      ["callee", [68, 2, 3, {}]],
    ]);
  });
});

describe("progress: true", () => {
  test("[PINV-02][FEAT-08] from a caller that did not announce it breaks the protocol, whatever it calls", () => {
    for (const procedure of ["com.p", "com.nothing", "wamp.session.count"]) {
      const realm = new TestRealm();
      const caller = joinCaller(realm, "caller", ["progressive_call_results"]);
      joinCallee(realm, "callee");
      caller.send([48, 1, MORE, procedure]);
      expect(realm.take()).toStrictEqual(
        violated("caller", "CALL: progress from a caller that did not announce progressive_call_invocations"),
      );
    }
  });

  test.each([[[]], [["call_canceling"]], [["progressive_call_invocations"]]])(
    "[PINV-03][FEAT-05] to a callee that announced only %j is refused, and so are all chunks, in one answer",
    (features) => {
      const realm = new TestRealm();
      const caller = joinCaller(realm, "caller");
      joinCallee(realm, "callee", features);
      caller.send([48, 77245, MORE, "com.p", [1]], [48, 77245, MORE, "com.p", [2]], [48, 77245, {}, "com.p", [3]]);
      expect(realm.take()).toStrictEqual([
        ["caller", [8, 48, 77245, {}, ...denial("wamp.error.feature_not_supported")]],
      ]);
    },
  );

  test("[PINV-03] needs no more of the callee than the feature and call canceling", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "callee", STREAMING);
    caller.send([48, 1, MORE, "com.p", [1]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, MORE, [1]]]]);
  });

  test.each([
    ["com.nothing", "wamp.error.no_such_procedure"],
    ["com.forbidden", "wamp.error.not_authorized"],
    ["com..wrong", "wamp.error.invalid_uri"],
    ["wamp.session.count", "wamp.error.feature_not_supported"],
  ])("to %s is refused once; the last chunk is no call of its own", (procedure, error) => {
    const everything = { call: true, register: true };
    const permissions = [
      { uri: "", match: "prefix", allow: everything },
      { uri: "com.forbidden", allow: {} },
    ] as const;
    const { realm, caller } = testRealmOfTwo({ roles: [{ name: "anonymous", permissions }] });
    caller.send([48, 1, MORE, procedure, [1]]);
    realm.sleepAndWake();
    caller.send([48, 1, MORE, procedure, [2]], [48, 1, {}, procedure, [3]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...denial(error)]]]);
  });
});

describe("a call that ends before its input", () => {
  const ENDINGS: readonly [how: string, end: (parties: ReturnType<typeof testRealmOfTwo>) => void, heard: Entry[]][] = [
    ["a result", ({ callee }) => callee.send([70, 1, {}, ["enough"]]), [["caller", [50, 1, {}, ["enough"]]]]],
    ["an error", ({ callee }) => callee.send([8, 68, 1, {}, "com.app.no"]), [["caller", [8, 48, 1, {}, "com.app.no"]]]],
    [
      "the callee's leaving",
      ({ callee }) => callee.disconnect(),
      [["caller", [8, 48, 1, {}, "wamp.error.canceled", GONE]]],
    ],
    [
      "a CANCEL",
      ({ caller }) => caller.send([49, 1, {}]),
      [
        ["callee", [69, 1, { mode: "killnowait" }]],
        ["caller", [8, 48, 1, {}, ...denial("wamp.error.canceled")]],
      ],
    ],
    [
      "a timeout",
      ({ realm }) => realm.advance(500),
      [
        ["callee", [69, 1, { mode: "killnowait" }]],
        ["caller", [8, 48, 1, {}, ...denial("wamp.error.timeout")]],
      ],
    ],
  ];

  test.each(ENDINGS)(
    "[PINV-12][PINV-13][PINV-09] by %s swallows the chunks that were on their way",
    (_, end, heard) => {
      const parties = testRealmOfTwo();
      const { realm, caller } = parties;
      joinCallee(realm, "other", CALLEE_FEATURES, {}, "com.other");
      caller.send([48, 1, { ...MORE, timeout: 500 }, "com.p", [1]]);
      realm.take();
      end(parties);
      realm.sleepAndWake();
      caller.send([48, 1, MORE, "com.p", [2]], [48, 1, {}, "com.p", [3]]);
      expect(realm.take()).toStrictEqual(heard);
    },
  );

  test("[PINV-09] leaves nothing behind once the closing chunk has come", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    callee.send([70, 1, {}]);
    expect(caller.savedSession.endedInputs).toStrictEqual([1]);
    caller.send([48, 1, {}, "com.p", [2]]);
    expect(caller.savedSession).not.toHaveProperty("endedInputs");
    realm.take();
    caller.send([48, 1, {}, "com.p", ["a new call"]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 2, 3, {}, ["a new call"]]]]);
  });

  test("[PINV-09] is remembered for the last 1,000 of them", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    for (let request = 1; request <= 1001; request++) {
      caller.send([48, request, MORE, "com.p"]);
      callee.send([70, request, {}]);
    }
    realm.take();
    caller.send([48, 2, {}, "com.p"], [48, 1, {}, "com.p", ["taken for new"]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1002, 3, {}, ["taken for new"]]]]);
  });

  test("[PINV-12] ends where the callee answered though CANCEL kill is under way, and chunks after it stay here", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]], [49, 1, { mode: "kill" }], [48, 1, MORE, "com.p", [2]]);
    callee.send([70, 1, {}, ["done"]]);
    caller.send([48, 1, {}, "com.p", [3]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [69, 1, { mode: "kill" }]],
      ["caller", [50, 1, {}, ["done"]]],
    ]);
  });

  test("[PINV-13] by the caller's leaving is interrupted", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    realm.take();
    caller.disconnect();
    expect(realm.take()).toStrictEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
  });

  test("has an end also where its callee vanished while the realm slept", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    realm.take();
    realm.drop(callee);
    realm.sleepAndWake();
    caller.send([48, 1, {}, "com.p", [2]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, "wamp.error.canceled", GONE]]]);
  });
});

describe("the request id of a CALL", () => {
  test("[PINV-07] may go back to an open call while new ones count on", () => {
    const { realm, caller } = testRealmOfTwo(STRICT);
    caller.send([48, 1, MORE, "com.p", ["a"]], [48, 2, {}, "com.p", ["b"]], [48, 1, {}, "com.p", ["c"]]);
    caller.send([48, 3, {}, "com.p", ["d"]]);
    expect(realm.take().map(([, message]) => (message as unknown[])[1])).toStrictEqual([1, 2, 1, 3]);
  });

  test("[PINV-07] more than one above the watermark breaks the protocol", () => {
    const { realm, caller } = testRealmOfTwo(STRICT);
    caller.send([48, 1, MORE, "com.p"], [48, 2, {}, "com.p"], [48, 1, {}, "com.p"]);
    realm.take();
    caller.send([48, 4, {}, "com.p"]);
    const [abort, ...rest] = realm.take();
    expect(abort).toStrictEqual(violated("caller", OUT_OF_SEQUENCE)[0]);
    expect(rest.filter(([name]) => name === "caller")).toStrictEqual([["caller", "closed", 1002]]);
  });

  test.each([
    ["loose", {}],
    ["strict", STRICT],
  ])("[PINV-08][CALL-11] of a call whose input is complete breaks the protocol (%s)", (_, input) => {
    const { realm, caller } = testRealmOfTwo(input);
    caller.send([48, 1, MORE, "com.p"], [48, 1, {}, "com.p"]);
    realm.take();
    caller.send([48, 1, MORE, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ...violated("caller", STILL_OPEN).slice(0, 1),
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", "closed", 1002],
    ]);
  });

  test("[PINV-09] of a call that ended before its input is a chunk to discard, strict or not; of any other one a fault", () => {
    const { realm, caller, callee } = testRealmOfTwo(STRICT);
    caller.send([48, 1, MORE, "com.p"], [48, 2, {}, "com.p"]);
    callee.send([70, 1, {}], [70, 2, {}]);
    realm.take();
    caller.send([48, 1, MORE, "com.p"], [48, 1, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([]);
    caller.send([48, 2, {}, "com.p"]);
    expect(realm.take()).toStrictEqual(violated("caller", OUT_OF_SEQUENCE));
  });

  test("[PINV-10] with another procedure than the call was opened with is no chunk of it: discarded, or a fault if strict", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]], [48, 1, {}, "com.other", [2]], [48, 1, {}, "com.p", [3]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [68, 1, 3, {}, [3]]],
    ]);
    const strict = testRealmOfTwo(STRICT);
    strict.caller.send([48, 1, MORE, "com.p", [1]], [48, 1, {}, "com.other", [2]]);
    expect(strict.realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ...violated("caller", STILL_OPEN).slice(0, 1),
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", "closed", 1002],
    ]);
  });
});
