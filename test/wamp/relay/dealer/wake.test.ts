/** Calls that are open while the core sleeps, whatever objects their callers and callees are at. */

import { describe, expect, test } from "vitest";
import { idOf } from "../relay-stores.ts";
import { RelayedRealm } from "../relayed-realm.ts";

const PROGRESS = { call_canceling: true, progressive_call_results: true, progressive_call_invocations: true };
const CALLER = { caller: { features: PROGRESS } };
const CALLEE = { callee: { features: PROGRESS } };

const PAIRS = [
  { caller: 0, callee: 0 },
  { caller: 0, callee: 1 },
  { caller: 1, callee: 0 },
  { caller: 1, callee: 1 },
  { caller: 1, callee: 2 },
];

function sleepAll({ core, relays }: RelayedRealm): void {
  for (const object of [core, ...relays]) object.sleepAndWake();
}

describe.each(PAIRS)("a call from object $caller to object $callee", ({ caller: from, callee: to }) => {
  test("goes on after a sleep, with more input and results", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(from, CALLER), realm.join(to, CALLEE)];
    callee.send([64, 1, {}, "p.shared"]);
    caller.send([48, 1, { progress: true, receive_progress: true }, "p.shared", [1]]);
    callee.take();
    realm.advance(10_000);
    sleepAll(realm);
    caller.send([48, 1, {}, "p.shared", [2]]);
    callee.send([70, 1, { progress: true }, ["a"]]);
    realm.advance(10_000);
    sleepAll(realm);
    callee.send([70, 1, {}, ["b"]]);
    expect((callee.take() as unknown[][]).map(([type, request, , , args]) => [type, request, args])).toStrictEqual([
      [68, 1, [2]],
    ]);
    expect(caller.take()).toStrictEqual([
      [50, 1, { progress: true }, ["a"]],
      [50, 1, {}, ["b"]],
    ]);
  });

  test("that waits for the callee is made after a sleep, in its order", () => {
    const realm = new RelayedRealm(2, { store: { "call-queue": [{ uri: "p.queued", match: "exact", limit: 3 }] } });
    const [caller, callee] = [realm.join(from), realm.join(to)];
    callee.send([64, 1, { concurrency: 1 }, "p.queued"]);
    caller.send([48, 1, {}, "p.queued", [1]], [48, 2, {}, "p.queued", [2]], [48, 3, {}, "p.queued", [3]]);
    realm.advance(10_000);
    sleepAll(realm);
    callee.send([70, 1, {}]);
    callee.send([70, 2, {}]);
    realm.advance(10_000);
    sleepAll(realm);
    callee.send([70, 3, {}]);
    const invocations = (callee.take() as unknown[][]).filter(([type]) => type === 68);
    expect(invocations.map(([, request, , , args]) => [request, args])).toStrictEqual([
      [1, [1]],
      [2, [2]],
      [3, [3]],
    ]);
    expect(caller.take()).toStrictEqual([
      [50, 1, {}],
      [50, 2, {}],
      [50, 3, {}],
    ]);
  });
});

test("a call of the router that asks relays gets its answer, where another call is open since before a sleep", () => {
  const realm = new RelayedRealm(2, { options: {} });
  const [caller, callee] = [realm.join(1), realm.join(2)];
  callee.send([64, 1, {}, "com.p"], [32, 2, {}, "com.t"]);
  const id = idOf("exact", "com.t");
  caller.send([48, 1, {}, "com.p"]);
  realm.advance(10_000);
  sleepAll(realm);
  caller.send([48, 2, {}, "wamp.subscription.count_subscribers", [id]]);
  expect(caller.take()).toStrictEqual([[50, 2, {}, [1]]]);
  callee.send([70, 1, {}]);
  expect(caller.take()).toStrictEqual([[50, 1, {}]]);
  expect(realm.core.core.remote.routerCallsOf([...realm.core.core.remote.byId.values()][0]!).size).toBe(0);
});
