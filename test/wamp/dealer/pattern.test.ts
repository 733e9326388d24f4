/** Selection of the registration for a call (Pattern-based Registration). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

type Pattern = readonly [match: string, uri: string];

/** Callees named 1, 2, 3 … with a pattern each; `to` returns the receiver of a call, or its error. */
function testRealmOf(...patterns: readonly Pattern[]) {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller");
  const callees = patterns.map(([match, uri], index) => joinCallee(realm, `${index + 1}`, [], { match }, uri));
  let request = 0;
  function to(procedure: string): string {
    realm.take();
    caller.send([48, ++request, {}, procedure]);
    const [entry, ...rest] = realm.take();
    expect(rest).toStrictEqual([]);
    return entry?.[1][0] === 8 ? String(entry[1][4]) : String(entry?.[0]);
  }
  return { realm, caller, callees, to };
}

const NO_CALLEE = "wamp.error.no_such_procedure";

describe("a registration", () => {
  test("[PREG-01] a registration without match is exact; prefix and wildcard registrations match patterns", () => {
    const { to, callees } = testRealmOf(["prefix", "com.myapp.myobject1"], ["wildcard", "com.other..create"]);
    callees[0]?.send([64, 2, {}, "com.exact"]);
    expect(to("com.myapp.myobject1.create")).toBe("1");
    expect(to("com.myapp.myobject1-mysubobject1")).toBe("1");
    expect(to("com.myapp.myobject")).toBe(NO_CALLEE);
    expect(to("com.other.x.create")).toBe("2");
    expect(to("com.other.x.y.create")).toBe(NO_CALLEE);
    expect(to("com.other.x.delete")).toBe(NO_CALLEE);
  });

  test("[PREG-08] INVOCATION carries the procedure for a pattern-based registration and not for an exact one", () => {
    const { realm, caller } = testRealmOf(["prefix", "com.myapp"], ["wildcard", "org..add"], ["exact", "org.a.b"]);
    caller.send([48, 1, {}, "com.myapp.procedure.proc1", ["Hello, world!"]], [48, 2, {}, "org.x.add"]);
    caller.send([48, 3, {}, "org.a.b"]);
    expect(realm.take()).toStrictEqual([
      ["1", [68, 1, 3, { procedure: "com.myapp.procedure.proc1" }, ["Hello, world!"]]],
      ["2", [68, 1, 5, { procedure: "org.x.add" }]],
      ["3", [68, 1, 7, {}]],
    ]);
  });

  test("[PREG-08] INVOCATION carries the procedure also if a pattern-based registration equals it", () => {
    const { realm, caller } = testRealmOf(["prefix", "com.p"]);
    caller.send([48, 1, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([["1", [68, 1, 3, { procedure: "com.p" }]]]);
  });

  test("[PREG-09][PREG-10] the same URI with another match policy is a separate registration with an invocation policy of its own", () => {
    const realm = new TestRealm();
    const [one, two] = realm.joinAll("one", "two");
    one.send([64, 1, {}, "com.p"], [64, 2, { match: "prefix", invoke: "first" }, "com.p"]);
    two.send([64, 1, { match: "wildcard", invoke: "last" }, "com.p"], [64, 2, { match: "prefix" }, "com.p"]);
    two.send([64, 3, { match: "prefix", invoke: "first" }, "com.p"], [64, 4, { match: "prefix" }, "com.p.q"]);
    expect(realm.take()).toStrictEqual([
      ["one", [65, 1, 3]],
      ["one", [65, 2, 4]],
      ["two", [65, 1, 5]],
      ["two", [8, 64, 2, {}, ...routerError("wamp.error.procedure_already_exists")]],
      ["two", [65, 3, 4]],
      ["two", [65, 4, 6]],
    ]);
  });
});

describe("a procedure that several registrations match", () => {
  test("[PREG-02] a call goes to the exact registration first", () => {
    const { to } = testRealmOf(["prefix", "a1.b2.c3"], ["wildcard", "a1..c3"], ["exact", "a1.b2.c3"]);
    expect(to("a1.b2.c3")).toBe("3");
  });

  test("[PREG-03] a call goes to the longest matching prefix", () => {
    const { to } = testRealmOf(["prefix", "a1.b2"], ["prefix", "a1.b2.c3"], ["prefix", "a1"]);
    expect([to("a1.b2.c3.d4"), to("a1.b2.c"), to("a1.x")]).toStrictEqual(["2", "1", "3"]);
  });

  test.each<[Pattern[], string, string]>([
    [
      [
        ["wildcard", "a1.b2..d4"],
        ["wildcard", "a1...d4"],
      ],
      "a1.b2.c3.d4",
      "1",
    ],
    [
      [
        ["wildcard", "a1...d4"],
        ["wildcard", "a1.b2..d4"],
      ],
      "a1.b2.c3.d4",
      "2",
    ],
    [
      [
        ["wildcard", "a1.b2..d4.e5"],
        ["wildcard", "a1.b2.c44..e5"],
      ],
      "a1.b2.c44.d4.e5",
      "2",
    ],
    [
      [
        ["wildcard", "..c.d.e"],
        ["wildcard", "a...."],
      ],
      "a.b.c.d.e",
      "2",
    ],
    [
      [
        ["wildcard", "a...d."],
        ["wildcard", "a..c.."],
      ],
      "a.b.c.d.e",
      "2",
    ],
  ])(
    "[PREG-04][PREG-07] of the wildcards %j a call of %s goes to the one that is literal where they first differ",
    (patterns, uri, expected) => {
      expect(testRealmOf(...patterns).to(uri)).toBe(expected);
    },
  );

  test("[PREG-05] a call goes to a prefix, however short, before every wildcard", () => {
    const { to } = testRealmOf(["wildcard", "a.b..d"], ["prefix", "a"]);
    expect(to("a.b.c.d")).toBe("2");
  });

  test("[PREG-06] the example of the specification is resolved, with prefixes as string prefixes", () => {
    const { to } = testRealmOf(
      ["exact", "a1.b2.c3.d4.e55"],
      ["prefix", "a1.b2.c3"],
      ["prefix", "a1.b2.c3.d4"],
      ["wildcard", "a1.b2..d4.e5"],
      ["wildcard", "a1.b2.c33..e5"],
      ["wildcard", "a1.b2..d4.e5..g7"],
      ["wildcard", "a1.b2..d4..f6.g7"],
    );
    expect(
      [
        "a1.b2.c3.d4.e55",
        "a1.b2.c3.d98.e74",
        "a1.b2.c3.d4.e325",
        "a1.b2.c55.d4.e5",
        "a1.b2.c33.d4.e5",
        "a1.b2.c88.d4.e5.f6.g7",
        "a2.b2.c2.d2.e2",
      ].map(to),
    ).toStrictEqual(["1", "2", "3", "4", "2", "6", NO_CALLEE]);
  });

  test("[PREG-11] a call goes to the best match only, even if its callee cannot serve the call and another could", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "plain", [], {}, "com.p");
    joinCallee(realm, "able", ["progressive_call_invocations", "call_canceling"], { match: "prefix" }, "com.");
    joinCallee(realm, "busy", [], { concurrency: 1 }, "com.busy");
    caller.send([48, 1, { progress: true }, "com.p"], [48, 2, {}, "com.busy"], [48, 3, {}, "com.busy"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, ...routerError("wamp.error.feature_not_supported")]],
      ["busy", [68, 1, 7, {}]],
      ["caller", [8, 48, 3, {}, ...routerError("crossbar.error.max_concurrency_reached")]],
    ]);
  });

  test("[PREG-02] a call goes to the next match when the best one is gone, and to the same one after sleep", () => {
    const { realm, to, callees } = testRealmOf(["exact", "a.b.c"], ["prefix", "a.b"], ["wildcard", "a..c"]);
    realm.sleepAndWake();
    expect(to("a.b.c")).toBe("1");
    callees[0]?.disconnect();
    expect(realm.take()).toHaveLength(1);
    expect(to("a.b.c")).toBe("2");
    callees[1]?.disconnect();
    expect(realm.take()).toHaveLength(1);
    expect(to("a.b.c")).toBe("3");
  });
});
