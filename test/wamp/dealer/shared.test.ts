/** Several callees of one procedure (Shared Registration). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const EXISTS = "wamp.error.procedure_already_exists";

/** A caller (session 1) and callees of `com.p` by name; `calls` returns the callees that get the next calls. */
function testRealmOf(invoke: string, ...names: readonly string[]) {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller");
  const callees = new Map(names.map((name) => [name, joinCallee(realm, name, [], { invoke })] as const));
  let request = 0;
  function calls(count: number): string {
    realm.take();
    for (let i = 0; i < count; i++) caller.send([48, ++request, {}, "com.p"]);
    return realm
      .take()
      .map(([name]) => name)
      .join(" ");
  }
  function leave(name: string): void {
    callees.get(name)?.disconnect();
  }
  return { realm, caller, callees, calls, leave };
}

describe("REGISTER of a procedure that exists", () => {
  test.each([
    ["single", undefined],
    ["roundrobin", "first"],
    ["roundrobin", undefined],
    ["roundrobin", "single"],
    ["single", "roundrobin"],
  ])(
    "[SHR-01][SHR-07][SHR-08][REG-02] REGISTER of a procedure with policy %s is refused with policy %s, and changes nothing",
    (present, invoke) => {
      const { realm, calls } = testRealmOf(present, "one");
      const two = realm.join("two");
      two.send([64, 1, { invoke }, "com.p"]);
      expect(realm.take()).toStrictEqual([["two", [8, 64, 1, {}, ...routerError(EXISTS)]]]);
      expect(calls(2)).toBe("one one");
    },
  );

  test("[SHR-06][MSG-12] REGISTER with the same policy shares the registration and its id", () => {
    const { realm } = testRealmOf("random", "one");
    const two = realm.join("two");
    two.send([64, 1, { invoke: "random", match: null }, "com.p"]);
    expect(realm.take()).toStrictEqual([["two", [65, 1, 3]]]);
  });

  test("[SHR-09] REGISTER by a callee of the registration returns the same id and does not add the callee twice", () => {
    const { realm, callees, calls } = testRealmOf("roundrobin", "one", "two");
    callees.get("one")?.send([64, 2, { invoke: "roundrobin" }, "com.p"]);
    expect(realm.take()).toStrictEqual([["one", [65, 2, 3]]]);
    expect(calls(3)).toBe("one two one");
    callees.get("one")?.send([66, 3, 3]);
    expect(calls(2)).toBe("two two");
  });

  test.each([["twice"], [" "], ["ROUNDROBIN"], [1]])(
    "[SHR-10] REGISTER with invoke %j breaks the protocol",
    (invoke) => {
      const { realm } = testRealmOf("single");
      const callee = realm.join("callee");
      callee.send([64, 1, { invoke }, "com.p"]);
      expect(realm.take()).toStrictEqual(violated("callee", "REGISTER: invalid invoke"));
    },
  );

  test("[SHR-12] a procedure may be registered with any policy when its last callee has left", () => {
    const { realm, leave, calls } = testRealmOf("roundrobin", "one", "two");
    leave("one");
    const three = realm.join("three");
    three.send([64, 1, {}, "com.p"]);
    leave("two");
    three.send([64, 2, { invoke: "last" }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["three", [8, 64, 1, {}, ...routerError(EXISTS)]],
      ["three", [65, 2, 6]],
    ]);
    expect(calls(1)).toBe("three");
  });
});

describe("calls of a shared registration", () => {
  test("[SHR-02] with roundrobin calls go to the callees in order of registration, in turn", () => {
    expect(testRealmOf("roundrobin", "a", "b", "c").calls(7)).toBe("a b c a b c a");
  });

  test("[SHR-03] with random each callee is equally likely", () => {
    const { realm, calls } = testRealmOf("random", "a", "b", "c");
    let seed = 1;
    realm.randomId = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    const counts = new Map<string, number>();
    for (const name of calls(3000).split(" ")) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of ["a", "b", "c"]) expect(Math.abs((counts.get(name) ?? 0) - 1000)).toBeLessThan(100);
  });

  test("[SHR-04] with first calls go to the earliest callee that remains", () => {
    const { calls, leave } = testRealmOf("first", "a", "b", "c");
    expect(calls(2)).toBe("a a");
    leave("a");
    expect(calls(2)).toBe("b b");
  });

  test("[SHR-05] with last calls go to the latest callee that remains", () => {
    const { calls, leave } = testRealmOf("last", "a", "b", "c");
    expect(calls(2)).toBe("c c");
    leave("c");
    expect(calls(2)).toBe("b b");
  });

  test.each([
    ["a", "b c d b"],
    ["b", "c d a c"],
    ["c", "d a b d"],
    ["d", "b c a b"],
  ])(
    "[SHR-11] with roundrobin the order continues when %s leaves: no callee is skipped or served twice",
    (gone, after) => {
      const { calls, leave } = testRealmOf("roundrobin", "a", "b", "c", "d");
      expect(calls(gone === "d" ? 5 : gone === "a" ? 1 : gone === "b" ? 2 : 3)).toMatch(/^a/);
      leave(gone);
      expect(calls(4)).toBe(after);
    },
  );

  test("[SHR-02][SHR-11] with roundrobin the order continues after sleep, also if the callee served last has left", () => {
    const { realm, calls, leave } = testRealmOf("roundrobin", "a", "b", "c");
    expect(calls(1)).toBe("a");
    realm.sleepAndWake();
    expect(calls(1)).toBe("b");
    leave("b");
    realm.sleepAndWake();
    expect(calls(3)).toBe("c a c");
  });

  test("[SHR-02] with roundrobin a callee that registers later is added at the end", () => {
    const { realm, calls } = testRealmOf("roundrobin", "a", "b");
    expect(calls(1)).toBe("a");
    joinCallee(realm, "c", [], { invoke: "roundrobin" });
    expect(calls(4)).toBe("b c a b");
  });

  test("[SHR-04][SHR-05] the order of registration is kept over sleep", () => {
    const { realm, callees, calls } = testRealmOf("first", "a", "b");
    const a = callees.get("a") as Client;
    a.send([66, 2, 3], [64, 3, { invoke: "first" }, "com.p"]);
    realm.sleepAndWake();
    expect(calls(1)).toBe("b");
  });
});

describe("options of callees of a shared registration", () => {
  test("[SHR-14] disclose_caller and forward_timeout hold for one callee only", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "one", ["call_timeout"], { invoke: "roundrobin" });
    joinCallee(realm, "two", ["call_timeout"], { invoke: "roundrobin", forward_timeout: true, disclose_caller: true });
    realm.sleepAndWake();
    caller.send([48, 1, { timeout: 5 }, "com.p"], [48, 2, { timeout: 5 }, "com.p"]);
    expect(realm.take()).toMatchObject([
      ["one", [68, 1, 3, {}]],
      ["two", [68, 1, 3, { timeout: 5, caller: 1 }]],
    ]);
    expect(realm.realm.nextDeadline()).toBe(5);
    realm.advance(5);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]]]);
  });
});
