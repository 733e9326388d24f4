/** Messages of peers that wait for SUBSCRIBED. */

import { describe, expect, test } from "vitest";
import { HeldPeers } from "../../../../src/wamp/relay/link/held-peers.ts";
import type { Peer } from "../../../../src/wamp/session/peer.ts";
import { RecordBudget } from "../../../../src/wamp/session/record-budget.ts";
import { RelayedRealm } from "../relayed-realm.ts";

/** Two peers, of which nothing but their identity is read. */
const [ann, ben] = ["ann", "ben"].map((name) => ({ name }) as unknown as Peer) as [Peer, Peer];

describe("messages of a peer that waits", () => {
  const records = new RecordBudget({ session_bytes: 1_000, realm_bytes: 10_000 });

  test("are kept in order until its release, those of another peer are not", () => {
    const held = new HeldPeers(1_000, () => records);
    held.hold(ann);
    expect([held.add(ann, [1]), held.add(ben, [2]), held.add(ann, [3])]).toStrictEqual([true, false, true]);
    const received: unknown[] = [];
    held.release(ann, (raw) => received.push(raw[0]));
    expect([received, held.add(ann, [4])]).toStrictEqual([[1, 3], false]);
  });

  test("stay behind one for which the peer waits again", () => {
    const held = new HeldPeers(1_000, () => records);
    held.hold(ann);
    for (const number of [1, 2, 3]) held.add(ann, [number]);
    const received: unknown[] = [];
    const receive = (raw: readonly unknown[]): void => {
      received.push(raw[0]);
      if (raw[0] === 1) held.hold(ann);
    };
    held.release(ann, receive);
    expect(received).toStrictEqual([1]);
    held.add(ann, [4]);
    held.release(ann, receive);
    expect(received).toStrictEqual([1, 2, 3, 4]);
  });

  test("do not wait if they are further SUBSCRIBEs, which the core is asked about at once; those behind them do", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    realm.deliver();
    client.say([32, 1, {}, "com.a"], [16, 2, { exclude_me: false }, "com.a"]);
    client.say(...["com.b", "com.b", "com.c"].map((topic, index) => [32, 3 + index, {}, topic]));
    client.say([16, 6, { exclude_me: false }, "com.c"], [34, 7, 77]);
    expect(realm.world.network.size).toBe(1);
    realm.deliver();
    const received = (client.take() as unknown[][]).map(([type, request, id]) => [type, type === 8 ? id : request]);
    expect(received).toStrictEqual([
      [33, 1],
      [36, expect.any(Number)],
      [33, 3],
      [33, 4],
      [33, 5],
      [36, expect.any(Number)],
      [8, 7],
    ]);
    client.say(...["com.d", "com.e", "com.f"].map((topic, index) => [32, 8 + index, {}, topic]));
    client.say([16, 11, {}, "com.d"]);
    expect(realm.world.network.size).toBe(3);
  });

  test("count in the record budget until they are released or dropped", () => {
    const held = new HeldPeers(1_000, () => records);
    held.hold(ann);
    held.hold(ben);
    held.add(ann, [1, "x".repeat(100)]);
    held.add(ben, [1, "x".repeat(100)]);
    expect(records.bytes).toBeGreaterThan(200);
    held.release(ann, () => {});
    held.forget(ben);
    expect(records.bytes).toBe(0);
  });

  test("end its session where they have too many bytes, as those that wait for an authorizer do", () => {
    const realm = new RelayedRealm(1, { limits: { undecided_bytes: 10_000 } });
    const client = realm.join(1);
    client.say([32, 1, {}, "com.a"]);
    for (let request = 2; request <= 11; request++) client.say([16, request, {}, "com.b", ["x".repeat(1_000)]]);
    expect(client.take()).toStrictEqual([
      [3, { message: "too much waits for a subscription" }, "wamp.edge.error.limit_exceeded"],
      ["closed", 1008],
    ]);
    realm.deliver();
    realm.advance(30_000);
    expect([
      realm.core.core.publications.interest.size,
      realm.relays[0]!.realm.broker.subscriptions.size,
    ]).toStrictEqual([0, 0]);
  });
});
