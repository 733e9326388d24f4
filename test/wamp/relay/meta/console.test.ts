/** The procedures of the console over relays: sums, and lists of all objects. */

import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../../src/wamp/config/limits.ts";
import { COUNT_INTERVAL_MS } from "../../../../src/wamp/relay/meta/session-counts.ts";
import { type ComparedClient, SpreadRealm } from "./compared-realms.ts";

type Dict = Readonly<Record<string, unknown>>;

/** A caller at the core and clients at two relays. */
function newRealm() {
  const realm = new SpreadRealm(2);
  const [eve, ben, cid] = [realm.join(0, "eve"), realm.join(1, "ben"), realm.join(2, "cid")];
  realm.advance(COUNT_INTERVAL_MS);
  return { realm, eve, ben, cid };
}

/** The first argument of the answer. */
function ask<T>(client: ComparedClient, procedure: string, kwargs: object = {}): T {
  client.call(procedure, [], kwargs);
  const [type, , , args] = client.received.at(-1) as [number, number, object, [T]];
  expect(type).toBe(50);
  return args[0];
}

describe("wamp.edge.stats", () => {
  test("has the sums of all objects, and the statistics of each", () => {
    const { eve, ben, cid } = newRealm();
    for (const client of [ben, cid]) client.send([32, 1, {}, "com.a"]);
    cid.send([32, 2, {}, "com.b"], [64, 3, {}, "com.p"]);
    const { objects, ...sums } = ask<Dict & { readonly objects: readonly Dict[] }>(eve, "wamp.edge.stats");
    expect(sums).toMatchObject({
      realm: "realm1",
      sessions: 3,
      subscriptions: 2,
      registrations: 1,
      messages: { received: { SUBSCRIBE: 3, REGISTER: 1, CALL: 1 } },
      capacity: { sessions: { used: 3, limit: 96_000 }, session_bytes: { limit: 1_048_576 } },
      call_latency: { bounds_ms: expect.arrayContaining([1, 10_000]), calls: 0 },
    });
    expect(objects.map(({ object, sessions, subscriptions }) => [object, sessions, subscriptions])).toStrictEqual([
      ["core", 1, 0],
      ["weur.1", 1, 1],
      ["weur.2", 1, 2],
    ]);
  });

  test("spreads the rates of all objects over the intervals of the one that has counted for the longest time", () => {
    const { realm, eve, ben } = newRealm();
    realm.core.sleepAndWake();
    ben.send(...Array.from({ length: 650 }, (_, index) => [34, index + 1, 7]));
    realm.advance(60_000);
    const { rates } = ask<{ readonly rates: readonly Dict[] }>(eve, "wamp.edge.stats");
    expect(rates).toMatchObject([{ seconds: 65, received: { UNSUBSCRIBE: 10 } }]);
  });
});

describe("wamp.edge.connections", () => {
  test("numbers the entries of all objects, so that a client goes on after the last one it knows", () => {
    const { realm, eve, ben, cid } = newRealm();
    const first = ask<readonly Dict[]>(eve, "wamp.edge.connections");
    expect(first.map(({ id, session, relay }) => [id, session, relay])).toStrictEqual([
      [1, eve.id, undefined],
      [2, ben.id, "weur.1"],
      [3, cid.id, "weur.2"],
    ]);
    realm.advance(1_000);
    cid.leave();
    realm.advance(1_000);
    const dan = realm.join(1, "dan");
    const next = ask<readonly Dict[]>(eve, "wamp.edge.connections", { after: 3, limit: 2 });
    expect(next.map(({ id, event, session }) => [id, event, session])).toStrictEqual([[4, "joined", dan.id]]);
    realm.join(2);
    const last = ask<readonly Dict[]>(eve, "wamp.edge.connections", { after: 4 });
    expect(last.map(({ id, event }) => [id, event])).toStrictEqual([
      [5, "left"],
      [6, "joined"],
    ]);
  });
});

test("wamp.edge.slow joins the sessions of all objects, the slowest first", () => {
  const { eve, ben, cid } = newRealm();
  const traffic = (queued: number) => ({
    bytesReceived: 0,
    unread: { queued, handedOver: 5, sent: 9, hasProved: true },
  });
  Object.assign(ben.transport, { traffic: traffic(10) });
  Object.assign(cid.transport, { traffic: traffic(20) });
  const slow = ask<Dict & { readonly sessions: readonly Dict[] }>(eve, "wamp.edge.slow");
  expect(slow.sessions.map(({ session, queued }) => [session, queued])).toStrictEqual([
    [cid.id, 20],
    [ben.id, 10],
  ]);
  expect(slow.sessions.map(({ relay }) => relay)).toStrictEqual(["weur.2", "weur.1"]);
  expect(slow.unread).toBe(40);
  // Each of the three objects may have as many.
  expect(slow.limits).toMatchObject({ realm_outgoing_bytes: 3 * DEFAULT_LIMITS.realm_outgoing_bytes });
  expect(ask<Dict & { readonly sessions: readonly Dict[] }>(eve, "wamp.edge.slow", { limit: 1 }).sessions).toHaveLength(
    1,
  );
});

test("wamp.edge.unheard adds up what relays and core know, and finds the nearest topic of any object", () => {
  const { realm, eve, ben, cid } = newRealm();
  cid.send([32, 1, {}, "com.shop.prices"]);
  // The first publication of a topic asks the core for its subscribers.
  for (const client of [ben, cid]) client.send(...[1, 2, 3].map((request) => [16, request, {}, "com.shop.price"]));
  realm.advance(1_000);
  ben.send([48, 9, {}, "com.none"]);
  const unheard = ask<readonly Dict[]>(eve, "wamp.edge.unheard");
  expect(unheard.map(({ action, uri, count, nearest }) => [action, uri, count, nearest])).toStrictEqual([
    ["call", "com.none", 1, undefined],
    ["publish", "com.shop.price", 4, "com.shop.prices"],
  ]);
  expect(ask<readonly Dict[]>(eve, "wamp.edge.unheard", { limit: 1 })).toHaveLength(1);
});
