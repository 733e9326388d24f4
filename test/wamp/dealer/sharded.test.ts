/** Calls that the dealer distributes over callees by key (Sharded Registration). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const KEYS = Array.from({ length: 300 }, (_, index) => `customer ${index}`);

/** A caller and callees of `com.p` with large session ids; `owners` returns the callee of each key. */
function testRealmOf(invoke: string, names: readonly string[], features: readonly string[] = []) {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller");
  const callees = new Map<string, Client>();
  for (const name of names) {
    realm.lastId = names.indexOf(name) * 1_234_567_890_123 + 1000;
    callees.set(name, joinCallee(realm, name, features, { invoke }));
  }
  let request = 0;
  function ask(key: string): string | undefined {
    realm.take();
    caller.send([48, ++request, { runmode: "partition", rkey: key }, "com.p", [key]]);
    return realm.take()[0]?.[0];
  }
  const owners = () => new Map(KEYS.map((key) => [key, ask(key)]));
  return { realm, caller, callees, ask, owners };
}

function countsOf(owners: ReadonlyMap<string, string | undefined>): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

describe("a call with runmode partition", () => {
  test.each([["roundrobin"], ["random"], ["first"], ["last"]])(
    "[SHD-01] a call goes to the same callee for the same key with each policy: %s",
    (invoke) => {
      const { realm, owners } = testRealmOf(invoke, ["a", "b", "c"]);
      const before = owners();
      expect(owners()).toStrictEqual(before);
      realm.sleepAndWake();
      expect(owners()).toStrictEqual(before);
    },
  );

  test("[SHD-01] keys are distributed evenly over the callees", () => {
    const counts = countsOf(testRealmOf("roundrobin", ["a", "b", "c"]).owners());
    for (const name of ["a", "b", "c"]) expect(Math.abs((counts.get(name) ?? 0) - 100)).toBeLessThan(25);
  });

  test("[SHD-01] a callee that leaves moves only its keys, and a new callee takes keys only for itself", () => {
    const { realm, callees, owners } = testRealmOf("roundrobin", ["a", "b", "c"]);
    const before = owners();
    callees.get("b")?.disconnect();
    const without = owners();
    for (const [key, owner] of before) if (owner !== "b") expect(without.get(key)).toBe(owner);
    expect(new Set(without.values())).toStrictEqual(new Set(["a", "c"]));
    realm.lastId = 777_777_777_777;
    joinCallee(realm, "d", [], { invoke: "roundrobin" });
    const later = owners();
    for (const [key, owner] of later) if (owner !== "d") expect(without.get(key)).toBe(owner);
    expect(countsOf(later).get("d")).toBeGreaterThan(50);
  });

  test.each([[{}], [{ rkey: null }]])("[SHD-01] a call with runmode partition requires an rkey: %j", (options) => {
    const { realm, caller } = testRealmOf("roundrobin", ["a"]);
    caller.send([48, 1, { runmode: "partition", ...options }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.invalid_argument", ["runmode partition needs an rkey"]]],
    ]);
  });

  test("[SHD-01][CALL-14] INVOCATION does not carry the rkey, which may be empty", () => {
    const { realm, caller } = testRealmOf("single", ["a"]);
    caller.send([48, 1, { runmode: "partition", rkey: "" }, "com.p"]);
    expect(realm.take()).toStrictEqual([["a", [68, 1, 1002, {}]]]);
  });

  test("[SHD-01][SHR-13] a call does not go to another callee while the callee of its key is busy", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    for (const name of ["a", "b"]) joinCallee(realm, name, [], { invoke: "roundrobin", concurrency: 1 });
    const options = { runmode: "partition", rkey: "k" };
    caller.send([48, 1, options, "com.p"], [48, 2, options, "com.p"], [48, 3, {}, "com.p"]);
    const [first, second, third] = realm.take();
    expect(second).toStrictEqual(["caller", [8, 48, 2, {}, ...routerError("crossbar.error.max_concurrency_reached")]]);
    expect(new Set([first?.[0], third?.[0]])).toStrictEqual(new Set(["a", "b"]));
  });

  test("[SHD-01][SHR-13][ORD-03] a call waits for the callee of its key, and calls with other keys of the same caller pass it", () => {
    const realm = new TestRealm({ store: { "call-queue": [{ uri: "com.p" }] } });
    const caller = joinCaller(realm, "caller");
    const callees = ["a", "b"].map((name) => joinCallee(realm, name, [], { invoke: "first", concurrency: 1 }));
    let request = 0;
    const ask = (rkey: string) => caller.send([48, ++request, { runmode: "partition", rkey }, "com.p", [rkey]]);
    // While no callee is busy, the owner of a key is the callee that gets its call.
    const keys = { a: "", b: "" };
    for (const key of KEYS.slice(0, 20)) {
      ask(key);
      const name = realm.take()[0]?.[0] as "a" | "b";
      keys[name] = key;
      callees["ab".indexOf(name)]?.send([70, realm.realm.sessions.byId.get(name === "a" ? 2 : 4)?.lastInvocation, {}]);
      realm.take();
    }
    for (const key of [keys.a, keys.a, keys.a, keys.b, keys.b]) ask(key);
    expect(realm.take().map(([name, message]) => [name, message[4]])).toStrictEqual([
      ["a", [keys.a]],
      ["b", [keys.b]],
    ]);
    callees[1]?.send([70, realm.realm.sessions.byId.get(4)?.lastInvocation, {}]);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["b", "caller"]);
    expect(realm.recordOf(1).waitingCalls?.map(({ callRequest }) => callRequest)).toStrictEqual([22, 23]);
  });

  test("[SHD-01][RRT-01] a declined call goes to the next callee in the order of its key, always the same", () => {
    const { realm, ask, callees } = testRealmOf("random", ["a", "b", "c"], ["call_reroute"]);
    const line = () => {
      const names = [ask("k")];
      for (let last = names[0]; last !== undefined && names.length < 3; last = names.at(-1)) {
        const { lastInvocation } = [...realm.realm.sessions.byId.values()].find(
          ({ transport }) => transport === callees.get(String(last))?.transport,
        )!;
        callees.get(last)?.send([8, 68, lastInvocation, {}, "wamp.error.unavailable"]);
        names.push(realm.take()[0]?.[0]);
      }
      return names;
    };
    const first = line();
    expect(first.toSorted()).toStrictEqual(["a", "b", "c"]);
    expect(line()).toStrictEqual(first);
  });
});

test("[SHD-02] an rkey without runmode partition and other run modes have no effect", () => {
  const { realm, caller } = testRealmOf("first", ["a", "b"]);
  caller.send([48, 1, { rkey: "k" }, "com.p"], [48, 2, { runmode: "all", rkey: "q" }, "com.p"]);
  caller.send([48, 3, { runmode: "all" }, "com.p"]);
  expect(realm.take()).toStrictEqual([1, 2, 3].map((request) => ["a", [68, request, 1002, {}]]));
});
