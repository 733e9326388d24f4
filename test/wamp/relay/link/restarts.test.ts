/** Calls after the core has crashed: those that it has certainly not begun are sent again, and no others. */

import { describe, expect, test } from "vitest";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const FEATURES = { call_canceling: true, progressive_call_invocations: true };
const ROLES = { caller: { features: FEATURES }, callee: { features: FEATURES }, subscriber: {} };

/** A realm whose callee at relay 1 has just answered a caller at relay 2. */
function newRealm(): { realm: RelayedRealm; callee: RelayedClient; caller: RelayedClient } {
  const realm = new RelayedRealm();
  const [callee, caller] = [realm.join(1, ROLES), realm.join(2, ROLES)];
  callee.send([64, 1, {}, "com.p"]);
  caller.send([48, 1, {}, "com.p"]);
  callee.send([70, 1, {}]);
  realm.advance(1_000);
  callee.take();
  caller.take();
  return { realm, callee, caller };
}

function crashCore({ core }: RelayedRealm): void {
  core.crash();
  core.after();
}

/** The numbers of the calls that the callee gets. */
function invoked(callee: RelayedClient): unknown[] {
  return (callee.take() as unknown[][]).filter(([type]) => type === 68).map(([, , , , args]) => args);
}

describe("after a crash of the core", () => {
  test("the first calls are made, although their relay sends them as if the core knew of it", () => {
    const { realm, callee, caller } = newRealm();
    crashCore(realm);
    caller.say([48, 2, {}, "com.p", [2]]);
    caller.say([48, 3, {}, "com.p", [3]]);
    realm.deliver();
    expect([invoked(callee), caller.take()]).toStrictEqual([[[2], [3]], []]);
    callee.send([70, 3, {}, ["c"]], [70, 2, {}, ["b"]]);
    expect(caller.take()).toStrictEqual([
      [50, 3, {}, ["c"]],
      [50, 2, {}, ["b"]],
    ]);
  });

  test("calls with further input are made, and so is what else a session asks for", () => {
    const { realm, callee, caller } = newRealm();
    crashCore(realm);
    caller.say([48, 2, { progress: true }, "com.p", [1]]);
    caller.say([48, 2, {}, "com.p", [2]]);
    caller.say([64, 3, {}, "com.q"], [32, 4, {}, "com.t"]);
    realm.deliver();
    expect(invoked(callee)).toStrictEqual([[1], [2]]);
    expect((caller.take() as unknown[][]).map(([type, request]) => [type, request])).toStrictEqual([
      [65, 3],
      [33, 4],
    ]);
  });

  test("calls that it may have begun fail, and those behind them are made", () => {
    const { realm, callee, caller } = newRealm();
    caller.say([48, 2, {}, "com.p", [2]]);
    crashCore(realm);
    caller.say([48, 3, {}, "com.p", [3]]);
    realm.advance(100);
    expect((caller.take() as unknown[][]).map(([, , request, , uri]) => [request, uri])).toStrictEqual([
      [2, "wamp.error.unavailable"],
    ]);
    expect(invoked(callee)).toStrictEqual([[3]]);
  });

  test("no rows are left of a relay that it was about to forget", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1, ROLES);
    realm.world.network.block(0, 1, "lose answer");
    client.send([48, 1, {}, "com.none"]);
    expect(client.take()).toHaveLength(1);
    client.leave();
    realm.advance(1_000);
    expect(realm.core.rowsOf(1)).toStrictEqual(["epoch"]);
    crashCore(realm);
    realm.world.network.unblock();
    realm.advance(10_000);
    expect(realm.core.rowsOf(1)).toStrictEqual([]);
  });
});
