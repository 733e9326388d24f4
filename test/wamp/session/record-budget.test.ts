/** Budgets of bytes for the stored records of a session and of a realm. */

import { describe, expect, it } from "vitest";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

const LIMIT_EXCEEDED = "wamp.edge.error.limit_exceeded";

/** Takes the recorded messages; returns the number of requests of the client that were refused because of a limit. */
function refused(realm: TestRealm, client: string): number {
  return realm.take().filter(([to, message]) => to === client && message[0] === 8 && message[4] === LIMIT_EXCEEDED)
    .length;
}

function subscribe(client: Client, count: number, length: number, options = {}): void {
  for (let i = 1; i <= count; i++) client.send([32, i, options, `t${i}.`.padEnd(length, "x")]);
}

describe("the bytes of a session's record", () => {
  it("the budget of a session limits SUBSCRIBE to topics of 2 KB, and allows as many topics of 30 bytes", () => {
    const realm = new TestRealm();
    const [long, short] = realm.joinAll("long", "short");
    subscribe(long, 800, 2_000);
    // The budget is 1 MiB; each subscription takes 64 bytes and its URI.
    expect(refused(realm, "long")).toBe(800 - 507);
    subscribe(short, 800, 30);
    expect(refused(realm, "short")).toBe(0);
  });

  it("UNSUBSCRIBE, UNREGISTER and the answer to a CALL release the bytes they used", () => {
    const realm = new TestRealm({ limits: { session_bytes: 1_500 } });
    const [client, callee] = realm.joinAll("client", "callee");
    callee.send([64, 1, {}, "p".repeat(400)]);
    const before = [client.peer, callee.peer].map(({ state }) => state.kind === "open" && state.session.recordBytes);
    for (let i = 1; i <= 20; i++) {
      client.send([32, i, {}, "t".repeat(500)]);
      const [, subscribed] = realm.take().at(-1)!;
      expect((subscribed as unknown[])[0]).toBe(33);
      client.send([34, 100 + i, (subscribed as unknown[])[2]]);
      client.send([64, 200 + i, {}, "q".repeat(500)]);
      const [, registered] = realm.take().at(-1)!;
      expect((registered as unknown[])[0]).toBe(65);
      client.send([66, 300 + i, (registered as unknown[])[2]]);
      client.send([48, 400 + i, {}, "p".repeat(400)]);
      callee.send([70, i, {}]);
      expect(refused(realm, "client")).toBe(0);
    }
    const after = [client.peer, callee.peer].map(({ state }) => state.kind === "open" && state.session.recordBytes);
    expect(after).toEqual(before);
  });

  it("REGISTER and the stored options of CALL count towards the budget of a session", () => {
    const realm = new TestRealm({ limits: { session_bytes: 4_000 } });
    const features = { payload_passthru_mode: true };
    const roles = { caller: { features }, callee: { features } };
    const [caller, callee] = [realm.join("caller", roles), realm.join("callee", roles)];
    callee.send([64, 1, {}, "p"], [64, 2, {}, "q".repeat(1_900)], [64, 3, {}, "r".repeat(1_900)]);
    expect(refused(realm, "callee")).toBe(1);
    const key = "k".repeat(1_500);
    for (let i = 1; i <= 3; i++) caller.send([48, i, { ppt_scheme: "x_own", ppt_keyid: key }, "p", ["\0AA=="]]);
    expect(refused(realm, "caller")).toBe(2);
  });

  it("payloads of calls that wait for a callee count towards the budget of a session", () => {
    const queue = [{ uri: "p", limit: 1_000 }] as const;
    const realm = new TestRealm({ limits: { session_bytes: 10_000 }, store: { "call-queue": queue } });
    const [caller, callee] = realm.joinAll("caller", "callee");
    callee.send([64, 1, { concurrency: 1 }, "p"]);
    for (let i = 1; i <= 12; i++) caller.send([48, i, {}, "p", ["x".repeat(1_000)]]);
    expect(refused(realm, "caller")).toBeGreaterThan(1);
  });

  it("node keys count towards the budget of a session, also when a SUBSCRIBE changes the key", () => {
    const realm = new TestRealm({ limits: { session_bytes: 4_000 } });
    const client = realm.join("client");
    client.send([32, 1, { nkey: "k" }, "t"], [32, 2, { nkey: "k".repeat(5_000) }, "t"]);
    expect(refused(realm, "client")).toBe(1);
  });
});

describe("the bytes of all records of a realm", () => {
  it("a new session gets a share of the budget when other sessions have used all of it", () => {
    const realm = new TestRealm({ limits: { realm_bytes: 1_000_000 } });
    const large = Array.from({ length: 50 }, (_, i) => realm.join(`large${i}`));
    for (const [i, client] of large.entries()) {
      for (let j = 1; j <= 100; j++) client.send([32, j, {}, `g${i}.t${j}.`.padEnd(5_000, "x")]);
    }
    // The limit, and 16 KiB for each session.
    expect(realm.realm.records.bytes).toBeLessThan(2 * (1_000_000 + 50 * 16_384));
    const late = realm.join("late");
    realm.take();
    subscribe(late, 20, 40);
    expect(refused(realm, "late")).toBe(0);
  });

  it("the bytes of a realm are the same after sleep, and zero when all sessions have left", () => {
    const realm = new TestRealm({ options: { resume: { time: 60 } } });
    const [a, b] = realm.joinAll("a", "b");
    subscribe(a, 5, 40, { match: "prefix" });
    subscribe(b, 3, 40, { nkey: "node" });
    a.send([64, 10, {}, "p"]);
    b.send([48, 10, {}, "p"]);
    const { bytes } = realm.realm.records;
    realm.sleepAndWake();
    expect(realm.realm.records.bytes).toBe(bytes);
    a.disconnect();
    b.disconnect();
    expect(realm.realm.records.bytes).toBe(0);
  });

  it("parked sessions count towards the budget of a realm and are ended first when it is exhausted", () => {
    const realm = new TestRealm({ options: { resume: { time: 60 } }, limits: { realm_bytes: 200_000 } });
    const parked = Array.from({ length: 10 }, (_, i) => {
      const client = realm.connect(`parked${i}`);
      client.send([1, "realm1", { roles: { subscriber: {} }, resumable: true }], [32, 1, {}, "news"]);
      return client;
    });
    for (const client of parked) client.disconnect();
    const publisher = realm.join("publisher");
    for (let i = 1; i <= 20; i++) publisher.send([16, i, {}, "news", ["x".repeat(10_000)]]);
    realm.advance(1);
    expect(realm.realm.records.bytes).toBeLessThan(220_000);
    expect(realm.realm.sessions.byId.size).toBeLessThan(11);
    publisher.send([16, 21, { acknowledge: true }, "news"]);
    expect(realm.take().at(-1)?.[1]?.[0]).toBe(17);
  });
});
