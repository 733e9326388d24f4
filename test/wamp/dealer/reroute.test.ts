/** Calls that a callee declines and another callee gets (Call Rerouting). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { CALLEE_FEATURES, joinCallee, joinCaller } from "./rpc-clients.ts";

const UNAVAILABLE = "wamp.error.unavailable";
const REROUTING = ["call_reroute"];
const NO_CALLEE_LEFT = ["caller", [8, 48, 1, {}, ...routerError("wamp.error.no_available_callee")]] as const;

/** A caller (session 1) and callees of `com.p` (registration 3) that may decline. */
function testRealmOf(invoke: string, names: readonly string[], input: Partial<RealmInput> = {}) {
  const realm = new TestRealm(input);
  const caller = joinCaller(realm, "caller");
  const callees = names.map((name) => joinCallee(realm, name, REROUTING, { invoke }));
  return { realm, caller, callees };
}

function decline(callee: Client | undefined, request = 1): void {
  callee?.send([8, 68, request, {}, UNAVAILABLE]);
}

/** Lets each callee decline a call; returns the callees that got it and the final error. */
function rerouteUntilError(invoke: string, names: readonly string[]): string[] {
  const { realm, caller, callees } = testRealmOf(invoke, names);
  caller.send([48, 1, {}, "com.p", ["Hello"]]);
  const receivers: string[] = [];
  for (;;) {
    const [entry] = realm.take();
    const [name, message] = entry!;
    receivers.push(message[0] === 8 ? String(message[4]) : name);
    if (message[0] === 8) return receivers;
    decline(callees[names.indexOf(name)]);
  }
}

describe("a call that is declined", () => {
  test("[RRT-01] a declined call goes to another callee with its payload and details, and the caller gets one result", () => {
    const { realm, caller, callees } = testRealmOf("roundrobin", ["a", "b"]);
    caller.send([48, 1, { disclose_me: true }, "com.p", ["Hello"], { x: 1 }]);
    decline(callees[0]);
    callees[1]?.send([70, 1, {}, ["done"]]);
    const identity = expect.objectContaining({ caller: 1 });
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, identity, ["Hello"], { x: 1 }]],
      ["b", [68, 1, 3, identity, ["Hello"], { x: 1 }]],
      ["caller", [50, 1, {}, ["done"]]],
    ]);
  });

  test("[RRT-02] a declined call of a single registration fails", () => {
    expect(rerouteUntilError("single", ["a"])).toStrictEqual(["a", "wamp.error.no_available_callee"]);
  });

  test.each([
    ["[RRT-03][RRT-06] with roundrobin", "roundrobin", ["a", "b", "c"]],
    ["[RRT-05][RRT-06] with first", "first", ["a", "b", "c"]],
    ["[RRT-05][RRT-06] with last", "last", ["c", "b", "a"]],
  ])("%s a declined call goes to each callee in turn and fails when all have declined", (_, invoke, order) => {
    expect(rerouteUntilError(invoke, ["a", "b", "c"])).toStrictEqual([...order, "wamp.error.no_available_callee"]);
  });

  test("[RRT-03] with roundrobin a declined call goes to the next callee, and the next call to the callee after it", () => {
    const { realm, caller, callees } = testRealmOf("roundrobin", ["a", "b", "c"]);
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"]);
    decline(callees[1]);
    caller.send([48, 3, {}, "com.p"]);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["a", "b", "c", "a"]);
  });

  test("[RRT-04][RRT-06] with random a declined call goes to each other callee once", () => {
    const receivers = rerouteUntilError("random", ["a", "b", "c", "d", "e"]);
    expect(receivers.slice(0, -1).toSorted()).toStrictEqual(["a", "b", "c", "d", "e"]);
    expect(receivers.at(-1)).toBe("wamp.error.no_available_callee");
  });

  test("[RRT-07] a call declined by a callee that did not announce call_reroute fails with the callee's error", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const [a] = ["a", "b"].map((name) => joinCallee(realm, name, CALLEE_FEATURES, { invoke: "first" }));
    caller.send([48, 1, {}, "com.p"]);
    a?.send([8, 68, 1, {}, UNAVAILABLE, ["lunch"]]);
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, {}]],
      ["caller", [8, 48, 1, {}, UNAVAILABLE, ["lunch"]]],
    ]);
  });

  test("[RRT-07] a declined call may go to a callee without call_reroute, whose answer is final", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a"]);
    const b = joinCallee(realm, "b", [], { invoke: "first" });
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    decline(b);
    expect(realm.take().slice(1)).toStrictEqual([
      ["b", [68, 1, 3, {}]],
      ["caller", [8, 48, 1, {}, UNAVAILABLE]],
    ]);
  });

  test("[RRT-08] a call is not rerouted after a progressive result, also if the realm slept after it", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, { receive_progress: true }, "com.p"]);
    callees[0]?.send([70, 1, { progress: true }, [1]]);
    realm.take();
    realm.sleepAndWake();
    decline(callees[0], 1);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, UNAVAILABLE]]]);
    caller.send([48, 2, { receive_progress: true }, "com.p"]);
    callees[0]?.send([70, 2, { progress: true }, [1]]);
    realm.take();
    decline(callees[0], 2);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 2, {}, UNAVAILABLE]]]);
  });

  test("[RRT-08] a call with progressive input is not rerouted", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const features = [...CALLEE_FEATURES, ...REROUTING];
    const [a] = ["a", "b"].map((name) => joinCallee(realm, name, features, { invoke: "first" }));
    const more = { progress: true };
    caller.send([48, 1, more, "com.p"], [48, 2, more, "com.p"], [48, 2, {}, "com.p"]);
    realm.take();
    decline(a, 1);
    decline(a, 2);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, UNAVAILABLE]],
      ["caller", [8, 48, 2, {}, UNAVAILABLE]],
    ]);
  });

  test("[RRT-01][RRT-06] a declined call and the callees that declined it are remembered over sleep", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b", "c"]);
    caller.send([48, 1, {}, "com.p", ["\0AAEC"], { x: [1] }]);
    realm.sleepAndWake();
    decline(callees[0]);
    realm.sleepAndWake();
    decline(callees[1]);
    realm.sleepAndWake();
    decline(callees[2]);
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, {}, ["\0AAEC"], { x: [1] }]],
      ["b", [68, 1, 3, {}, ["\0AAEC"], { x: [1] }]],
      ["c", [68, 1, 3, {}, ["\0AAEC"], { x: [1] }]],
      NO_CALLEE_LEFT,
    ]);
  });

  test("[RRT-01][SHR-14] a rerouted call has the details for each callee that its registration and features allow", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const options = { invoke: "first", disclose_caller: true, forward_timeout: true };
    const a = joinCallee(realm, "a", [...REROUTING, "call_timeout", "progressive_call_results"], options);
    joinCallee(realm, "b", REROUTING, { invoke: "first" });
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"]);
    decline(a);
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, expect.objectContaining({ caller: 1, timeout: 500, receive_progress: true })]],
      ["b", [68, 1, 3, {}]],
    ]);
    expect(realm.realm.nextDeadline()).toBe(500);
  });

  test("[RRT-01][TMO-02] a rerouted call keeps the timeout from its start", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.advance(400);
    decline(callees[0]);
    realm.take();
    realm.advance(100);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]]]);
  });

  test("[RRT-01][PPT-07] a rerouted call skips callees that cannot serve it", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const [a] = [[...REROUTING, "payload_passthru_mode"], REROUTING, ["payload_passthru_mode"]].map((features, index) =>
      joinCallee(realm, "abc".charAt(index), features, { invoke: "first" }),
    );
    caller.send([48, 1, { ppt_scheme: "x_a" }, "com.p", ["\0AAEC"]]);
    decline(a);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["a", "c"]);
  });

  test("[RRT-06][SHR-13] a declined call fails when the remaining callees are busy", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const a = joinCallee(realm, "a", REROUTING, { invoke: "last", concurrency: 1 });
    const b = joinCallee(realm, "b", REROUTING, { invoke: "last", concurrency: 1 });
    caller.send([48, 2, {}, "com.p"], [48, 1, {}, "com.p"]);
    realm.take();
    decline(a);
    b.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([NO_CALLEE_LEFT, ["caller", [50, 2, {}]]]);
  });
});

describe("rerouting crossed by", () => {
  test("[RRT-01][CANCEL-02] after CANCEL kill the callee's answer is sent to the caller, and the call is not rerouted", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const [a] = ["a", "b"].map((name) =>
      joinCallee(realm, name, [...REROUTING, "call_canceling"], { invoke: "first" }),
    );
    caller.send([48, 1, {}, "com.p"], [49, 1, { mode: "kill" }]);
    realm.sleepAndWake();
    decline(a);
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, {}]],
      ["a", [69, 1, { mode: "kill" }]],
      ["caller", [8, 48, 1, {}, UNAVAILABLE]],
    ]);
  });

  test.each([
    ["CANCEL skip", (caller: Client) => caller.send([49, 1, { mode: "skip" }])],
    ["the end of the caller's session", (caller: Client) => caller.disconnect()],
  ])("[RRT-01][LEAVE-03] after %s a declined call is not rerouted", (_, end) => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    end(caller);
    realm.take();
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[RRT-06] a declined call fails if the other callee left before", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    callees[1]?.disconnect();
    realm.take();
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([NO_CALLEE_LEFT]);
  });

  test("[RRT-01][LEAVE-05] a rerouted call is canceled if the second callee leaves", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[1]?.disconnect();
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
  });

  test("[RRT-01] a rerouted call continues if the callee that declined it leaves", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[0]?.disconnect();
    callees[1]?.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}]]]);
  });

  test("[RRT-01][LEAVE-03] another answer of the callee that declined is discarded", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[0]?.send([70, 1, {}, ["after all"]], [8, 68, 1, {}, UNAVAILABLE]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[RRT-06] a declined call does not go to a callee of a later registration", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a"]);
    caller.send([48, 1, {}, "com.p"]);
    callees[0]?.send([66, 2, 3]);
    joinCallee(realm, "b", REROUTING, { invoke: "first" });
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([NO_CALLEE_LEFT]);
  });

  test("[RRT-01][CALL-13] a declined call fails with network_failure if the other callee's connection is dead", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callees[1]!.transport.isDead = true;
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.network_failure")]]]);
    expect(realm.recordOf(1).calls).toStrictEqual([]);
  });

  test("[RRT-01][SHR-13] a declined call makes room for a waiting call at its callee", () => {
    const realm = new TestRealm({ store: { "call-queue": [{ uri: "com.p" }] } });
    const caller = joinCaller(realm, "caller");
    const a = joinCallee(realm, "a", REROUTING, { invoke: "first", concurrency: 1 });
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p", ["waits"]]);
    realm.take();
    decline(a);
    expect(realm.take()).toStrictEqual([["a", [68, 2, 3, {}, ["waits"]]], NO_CALLEE_LEFT]);
  });
});
