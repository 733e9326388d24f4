/** Calls whose input is sent in chunks (Progressive Call Invocations). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
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
  test("[PINV-01] chunks reach the callee under one request id; the one without progress closes the input", () => {
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

  test("[PINV-01] chunks continue after sleep, and progress: false closes the input", () => {
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

  test("[PINV-04] all chunks go to the callee that was chosen for the first", () => {
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

  test("[PINV-05][PINV-06] the options of the first chunk hold for the call; those of later chunks are ignored", () => {
    const { realm, caller } = testRealmOfTwo();
    const laterOptions = { disclose_me: true, receive_progress: true, ppt_scheme: "x_", timeout: 5, custom: 1 };
    caller.send([48, 1, { ...MORE, disclose_me: true }, "com.p"], [48, 1, MORE, "com.p"], [48, 1, {}, "com.p"]);
    caller.send([48, 2, { ...MORE, custom: 1 }, "com.p"], [48, 2, { ...MORE, ...laterOptions }, "com.p", [2]]);
    caller.send([48, 2, laterOptions, "com.p", [3]]);
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

  test("[PINV-11] chunks and progressive results flow in both directions independently", () => {
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

  test("[PINV-14] later chunks need no authorization and reach the callee after its registration has ended", () => {
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
      ["caller", [8, 48, 2, {}, ...routerError("wamp.error.not_authorized")]],
      ["caller", [50, 1, {}]],
    ]);
  });

  test("a chunk that is too large for the callee ends the call", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    callee.transport.maxLength = 100;
    caller.send([48, 1, MORE, "com.p", ["x".repeat(100)]], [48, 1, {}, "com.p", [3]], [48, 2, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, MORE, [1]]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 1, {}, ...routerError("wamp.error.payload_size_exceeded")]],
      ["callee", [68, 2, 3, {}]],
    ]);
  });
});

describe("CALL with progress: true", () => {
  test("[PINV-02][FEAT-08] CALL with progress from a caller that did not announce it breaks the protocol, for every procedure", () => {
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
    "[PINV-03][FEAT-05] CALL with progress to a callee that announced only %j is refused once, with all its chunks",
    (features) => {
      const realm = new TestRealm();
      const caller = joinCaller(realm, "caller");
      joinCallee(realm, "callee", features);
      caller.send([48, 77245, MORE, "com.p", [1]], [48, 77245, MORE, "com.p", [2]], [48, 77245, {}, "com.p", [3]]);
      expect(realm.take()).toStrictEqual([
        ["caller", [8, 48, 77245, {}, ...routerError("wamp.error.feature_not_supported")]],
      ]);
    },
  );

  test("[PINV-03] CALL with progress requires only the feature and call_canceling of the callee", () => {
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
  ])("CALL with progress to %s is refused once, and the last chunk is not a call of its own", (procedure, error) => {
    const everything = { call: true, register: true };
    const permissions = [
      { uri: "", match: "prefix", allow: everything },
      { uri: "com.forbidden", allow: {} },
    ] as const;
    const { realm, caller } = testRealmOfTwo({ roles: [{ name: "anonymous", permissions }] });
    caller.send([48, 1, MORE, procedure, [1]]);
    realm.sleepAndWake();
    caller.send([48, 1, MORE, procedure, [2]], [48, 1, {}, procedure, [3]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError(error)]]]);
  });
});

describe("a call that ends before its input", () => {
  const ENDINGS: readonly [
    how: string,
    end: (clients: ReturnType<typeof testRealmOfTwo>) => void,
    received: Entry[],
  ][] = [
    ["a result", ({ callee }) => callee.send([70, 1, {}, ["enough"]]), [["caller", [50, 1, {}, ["enough"]]]]],
    ["an error", ({ callee }) => callee.send([8, 68, 1, {}, "com.app.no"]), [["caller", [8, 48, 1, {}, "com.app.no"]]]],
    [
      "the end of the callee's session",
      ({ callee }) => callee.disconnect(),
      [["caller", [8, 48, 1, {}, "wamp.error.canceled", GONE]]],
    ],
    [
      "a CANCEL",
      ({ caller }) => caller.send([49, 1, {}]),
      [
        ["callee", [69, 1, { mode: "killnowait" }]],
        ["caller", [8, 48, 1, {}, ...routerError("wamp.error.canceled")]],
      ],
    ],
    [
      "a timeout",
      ({ realm }) => realm.advance(500),
      [
        ["callee", [69, 1, { mode: "killnowait" }]],
        ["caller", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]],
      ],
    ],
  ];

  test.each(ENDINGS)(
    "[PINV-12][PINV-13][PINV-09] chunks that arrive after the call ended by %s are dropped",
    (_, end, received) => {
      const clients = testRealmOfTwo();
      const { realm, caller } = clients;
      joinCallee(realm, "other", CALLEE_FEATURES, {}, "com.other");
      caller.send([48, 1, { ...MORE, timeout: 500 }, "com.p", [1]]);
      realm.take();
      end(clients);
      realm.sleepAndWake();
      caller.send([48, 1, MORE, "com.p", [2]], [48, 1, {}, "com.p", [3]]);
      expect(realm.take()).toStrictEqual(received);
    },
  );

  test("[PINV-09] an ended call is forgotten once its closing chunk has arrived", () => {
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

  test("[PINV-09] the last 1,000 calls that ended before their input are remembered", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    for (let request = 1; request <= 1001; request++) {
      caller.send([48, request, MORE, "com.p"]);
      callee.send([70, request, {}]);
    }
    realm.take();
    caller.send([48, 2, {}, "com.p"], [48, 1, {}, "com.p", ["taken for new"]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1002, 3, {}, ["taken for new"]]]]);
  });

  test("[PINV-12] a call ends with the callee's answer after CANCEL kill, and later chunks are dropped", () => {
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

  test("[PINV-13] a call with open input is interrupted when its caller leaves", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, MORE, "com.p", [1]]);
    realm.take();
    caller.disconnect();
    expect(realm.take()).toStrictEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
  });

  test("a call with open input is answered if its callee disappeared while the realm slept", () => {
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
  test("[PINV-07] a chunk may use the id of an open call while new calls count on", () => {
    const { realm, caller } = testRealmOfTwo(STRICT);
    caller.send([48, 1, MORE, "com.p", ["a"]], [48, 2, {}, "com.p", ["b"]], [48, 1, {}, "com.p", ["c"]]);
    caller.send([48, 3, {}, "com.p", ["d"]]);
    expect(realm.take().map(([, message]) => (message as unknown[])[1])).toStrictEqual([1, 2, 1, 3]);
  });

  test("[PINV-07] a request id more than one above the last breaks the protocol", () => {
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
  ])("[PINV-08][CALL-11] CALL with the id of a call whose input is complete breaks the protocol (%s)", (_, input) => {
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

  test("[PINV-09] a chunk of a call that ended before its input is dropped in strict mode too; other reused ids break the protocol", () => {
    const { realm, caller, callee } = testRealmOfTwo(STRICT);
    caller.send([48, 1, MORE, "com.p"], [48, 2, {}, "com.p"]);
    callee.send([70, 1, {}], [70, 2, {}]);
    realm.take();
    caller.send([48, 1, MORE, "com.p"], [48, 1, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([]);
    caller.send([48, 2, {}, "com.p"]);
    expect(realm.take()).toStrictEqual(violated("caller", OUT_OF_SEQUENCE));
  });

  test("[PINV-10] a chunk with another procedure is dropped, or breaks the protocol in strict mode", () => {
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
