/** Calls that are open when the core crashes: each is made once at most, and has one answer. */

import { describe, expect, test } from "vitest";
import { RelayedRealm } from "../relayed-realm.ts";

describe("a call that has waited for a callee", () => {
  test("is not made again by a core that crashes after its callee has got it", () => {
    const realm = new RelayedRealm(2, { store: { "call-queue": [{ uri: "p.queued", match: "exact", limit: 3 }] } });
    const [first, caller, callee] = [realm.join(1), realm.join(1), realm.join(2)];
    callee.send([64, 1, { concurrency: 1 }, "p.queued"]);
    first.send([48, 1, {}, "p.queued", [1]]);
    caller.send([48, 1, {}, "p.queued", [2]]);
    // The core has written a row with the call that waits.
    realm.advance(10_000);
    callee.take();
    callee.say([70, 1, {}]);
    realm.world.network.step(2, 0, "deliver");
    realm.world.network.step(0, 2, "deliver");
    realm.core.crash();
    const calls: unknown[] = [];
    for (let times = 0; times < 3; times++) {
      realm.advance(10_000);
      for (const [type, request, , , args] of callee.take() as unknown[][]) {
        if (type !== 68) continue;
        calls.push(args);
        callee.send([70, request, {}]);
      }
    }
    expect(calls).toStrictEqual([[2]]);
    expect(caller.take()).toHaveLength(1);
  });
});
