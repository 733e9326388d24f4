/** Callees that decline a call, and others that get it (Call Rerouting). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { denial } from "../authorization/denial-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { CALLEE_FEATURES, joinCallee, joinCaller } from "./rpc-clients.ts";

const UNAVAILABLE = "wamp.error.unavailable";
const REROUTING = ["call_reroute"];
const NO_CALLEE_LEFT = ["caller", [8, 48, 1, {}, ...denial("wamp.error.no_available_callee")]] as const;

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

/** The callees that get a call while each declines it, and the messages that the caller gets in the end. */
function odyssey(invoke: string, names: readonly string[]): string[] {
  const { realm, caller, callees } = testRealmOf(invoke, names);
  caller.send([48, 1, {}, "com.p", ["Hello"]]);
  const stations: string[] = [];
  for (;;) {
    const [entry] = realm.take();
    const [name, message] = entry!;
    stations.push(message[0] === 8 ? String(message[4]) : name);
    if (message[0] === 8) return stations;
    decline(callees[names.indexOf(name)]);
  }
}

describe("a call that is declined", () => {
  test("[RRT-01] goes to another callee with all it says, and the caller notices nothing", () => {
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

  test("[RRT-02] has no alternative with single", () => {
    expect(odyssey("single", ["a"])).toStrictEqual(["a", "wamp.error.no_available_callee"]);
  });

  test.each([
    ["[RRT-03][RRT-06] roundrobin", "roundrobin", ["a", "b", "c"]],
    ["[RRT-05][RRT-06] first", "first", ["a", "b", "c"]],
    ["[RRT-05][RRT-06] last", "last", ["c", "b", "a"]],
  ])("%s goes from one to the next, and ends when all have declined", (_, invoke, order) => {
    expect(odyssey(invoke, ["a", "b", "c"])).toStrictEqual([...order, "wamp.error.no_available_callee"]);
  });

  test("[RRT-03] goes on in the turn of roundrobin, and the next call after it", () => {
    const { realm, caller, callees } = testRealmOf("roundrobin", ["a", "b", "c"]);
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"]);
    decline(callees[1]);
    caller.send([48, 3, {}, "com.p"]);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["a", "b", "c", "a"]);
  });

  test("[RRT-04][RRT-06] goes with random to others only, each once", () => {
    const stations = odyssey("random", ["a", "b", "c", "d", "e"]);
    expect(stations.slice(0, -1).toSorted()).toStrictEqual(["a", "b", "c", "d", "e"]);
    expect(stations.at(-1)).toBe("wamp.error.no_available_callee");
  });

  test("[RRT-07] by a callee that did not announce call_reroute fails with the callee's error", () => {
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

  test("[RRT-07] goes on to a callee without call_reroute, whose word is final", () => {
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

  test("[RRT-08] after progress was passed on stays where it is, also when the realm slept after the progress", () => {
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

  test("[RRT-08] half-way through its input, or after it, stays where it is", () => {
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

  test("[RRT-01][RRT-06] is known to be after a sleep, and who declined it", () => {
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

  test("[RRT-01][SHR-14] tells each callee only what it may know and can do", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const told = { invoke: "first", disclose_caller: true, forward_timeout: true };
    const a = joinCallee(realm, "a", [...REROUTING, "call_timeout", "progressive_call_results"], told);
    joinCallee(realm, "b", REROUTING, { invoke: "first" });
    caller.send([48, 1, { timeout: 500, receive_progress: true }, "com.p"]);
    decline(a);
    expect(realm.take()).toStrictEqual([
      ["a", [68, 1, 3, expect.objectContaining({ caller: 1, timeout: 500, receive_progress: true })]],
      ["b", [68, 1, 3, {}]],
    ]);
    expect(realm.realm.nextDeadline()).toBe(500);
  });

  test("[RRT-01][TMO-02] has its timeout from the beginning, not anew with each callee", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, { timeout: 500 }, "com.p"]);
    realm.advance(400);
    decline(callees[0]);
    realm.take();
    realm.advance(100);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...denial("wamp.error.timeout")]]]);
  });

  test("[RRT-01][PPT-07] passes over callees that cannot take it", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const [a] = [[...REROUTING, "payload_passthru_mode"], REROUTING, ["payload_passthru_mode"]].map((features, index) =>
      joinCallee(realm, "abc".charAt(index), features, { invoke: "first" }),
    );
    caller.send([48, 1, { ppt_scheme: "x_a" }, "com.p", ["\0AAEC"]]);
    decline(a);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["a", "c"]);
  });

  test("[RRT-06][SHR-13] ends when those that are left are busy", () => {
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
  test("[RRT-01][CANCEL-02] CANCEL kill: the callee's answer is the caller's, and no other callee gets the call", () => {
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
    ["the caller's leaving", (caller: Client) => caller.disconnect()],
  ])("[RRT-01][LEAVE-03] %s: the call is over", (_, end) => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    end(caller);
    realm.take();
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[RRT-06] the leaving of the other callee before: no callee is left", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    callees[1]?.disconnect();
    realm.take();
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([NO_CALLEE_LEFT]);
  });

  test("[RRT-01][LEAVE-05] the leaving of the other callee after: the call is canceled", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[1]?.disconnect();
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
  });

  test("[RRT-01] the leaving of who declined: nothing", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[0]?.disconnect();
    callees[1]?.send([70, 1, {}]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}]]]);
  });

  test("[RRT-01][LEAVE-03] another answer of who declined: it is discarded", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    decline(callees[0]);
    realm.take();
    callees[0]?.send([70, 1, {}, ["after all"]], [8, 68, 1, {}, UNAVAILABLE]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[RRT-06] the registration's end: who joins a new one gets no call of the old one", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a"]);
    caller.send([48, 1, {}, "com.p"]);
    callees[0]?.send([66, 2, 3]);
    joinCallee(realm, "b", REROUTING, { invoke: "first" });
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([NO_CALLEE_LEFT]);
  });

  test("[RRT-01][CALL-13] a dead connection of the other callee: the caller hears of it", () => {
    const { realm, caller, callees } = testRealmOf("first", ["a", "b"]);
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callees[1]!.transport.isDead = true;
    decline(callees[0]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...denial("wamp.error.network_failure")]]]);
    expect(realm.recordOf(1).calls).toStrictEqual([]);
  });

  test("[RRT-01][SHR-13] calls that wait: the place of the declined call is theirs", () => {
    const realm = new TestRealm({ store: { "call-queue": [{ uri: "com.p" }] } });
    const caller = joinCaller(realm, "caller");
    const a = joinCallee(realm, "a", REROUTING, { invoke: "first", concurrency: 1 });
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p", ["waits"]]);
    realm.take();
    decline(a);
    expect(realm.take()).toStrictEqual([["a", [68, 2, 3, {}, ["waits"]]], NO_CALLEE_LEFT]);
  });
});
