/** Deadlines of clients, and the queue of deadlines. */

import { describe, expect, test } from "vitest";
import { Deadlines } from "../../../src/wamp/host/deadlines.ts";
import { routerError } from "./router-errors.ts";
import { ALL_ROLES, TestRealm } from "./test-realm.ts";

const HELLO = [1, "realm1", { roles: ALL_ROLES }];
const GOODBYE = [6, {}, "wamp.close.close_realm"];

describe("a realm", () => {
  test("[SES-25] closes a transport without HELLO in time, and ignores its later messages", () => {
    const realm = new TestRealm({ limits: { hello_timeout: 5000 } });
    const ann = realm.connect("ann");
    realm.advance(4999);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([["ann", "closed", 1008]]);
    ann.send(HELLO);
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.sessions.byId.size).toBe(0);
  });

  test("[SES-25] removes the deadline of a client that has sent HELLO", () => {
    const realm = new TestRealm();
    realm.join("ann");
    expect(realm.realm.nextDeadline()).toBe(undefined);
    realm.advance(100_000);
    expect(realm.take()).toStrictEqual([]);
    expect(realm.alarm).toBe(undefined);
  });

  test("[WS-16] closes a transport that has no session for as long", () => {
    const realm = new TestRealm({ limits: { hello_timeout: 5000 } });
    const ann = realm.join("ann");
    realm.advance(60_000);
    ann.send(GOODBYE);
    realm.advance(4999);
    expect(realm.take()).toStrictEqual([["ann", [6, {}, "wamp.close.goodbye_and_out"]]]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([["ann", "closed", 1000]]);
  });

  test("[SES-19] closes the transport of a client that does not answer GOODBYE", () => {
    const realm = new TestRealm({ limits: { goodbye_timeout: 3000 } });
    const ann = realm.join("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    ann.send([32, 1, {}, "a.b"]);
    realm.advance(2999);
    expect(realm.take()).toStrictEqual([["ann", [6, {}, "wamp.close.killed"]]]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([["ann", "closed", 1000]]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });

  test("[SES-19][SES-25][SES-30] keeps its deadlines while it sleeps", () => {
    const realm = new TestRealm({ limits: { hello_timeout: 5000, goodbye_timeout: 3000 } });
    const ann = realm.join("ann");
    realm.connect("ben");
    realm.advance(1000);
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    realm.flushOutput();
    realm.take();
    realm.sleepAndWake();
    expect(realm.realm.nextDeadline()).toBe(4000);
    realm.advance(3000);
    realm.sleepAndWake();
    realm.advance(1000);
    expect(realm.take()).toStrictEqual([
      ["ann", "closed", 1000],
      ["ben", "closed", 1008],
    ]);
  });

  test("sets the alarm for the next deadline when one has passed", () => {
    const realm = new TestRealm({ limits: { hello_timeout: 5000 } });
    realm.connect("ann");
    realm.advance(1000);
    realm.connect("ben");
    expect(realm.alarm).toBe(5000);
    realm.advance(4000);
    expect([realm.alarm, realm.realm.nextDeadline()]).toStrictEqual([6000, 6000]);
  });
});

test("a call ends after its timeout: the realm sets the alarm for it", () => {
  const realm = new TestRealm();
  const [callee, caller] = realm.joinAll("callee", "caller");
  realm.advance(60_000);
  callee.send([64, 1, {}, "com.add"]);
  caller.send([48, 1, { timeout: 50 }, "com.add"]);
  expect(realm.alarm).toBe(60_050);
  realm.take();
  realm.advance(49);
  expect(realm.take()).toStrictEqual([]);
  realm.advance(1);
  expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]]]);
});

describe("Deadlines", () => {
  test("return due items once, the soonest first", () => {
    const deadlines = new Deadlines<{ name: string }>();
    const [a, b, c, d] = [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "d" }];
    deadlines.set(c, 30);
    deadlines.set(a, 10);
    deadlines.set(d, 40);
    deadlines.set(b, 20);
    expect([deadlines.next(), deadlines.takeExpired(9), deadlines.takeExpired(30)]).toStrictEqual([10, [], [a, b, c]]);
    expect([deadlines.next(), deadlines.size, deadlines.takeExpired(30)]).toStrictEqual([40, 1, []]);
  });

  test("keep the last deadline of an item, and none after delete", () => {
    const deadlines = new Deadlines<{ name: string }>();
    const [a, b] = [{ name: "a" }, { name: "b" }];
    deadlines.set(a, 10);
    deadlines.set(b, 20);
    deadlines.set(a, 30);
    expect([deadlines.next(), deadlines.takeExpired(25)]).toStrictEqual([20, [b]]);
    deadlines.set(a, 5);
    deadlines.delete(a);
    expect([deadlines.next(), deadlines.size, deadlines.takeExpired(100)]).toStrictEqual([undefined, 0, []]);
  });

  test("stay in order after any number of moves", () => {
    const deadlines = new Deadlines<{ at: number }>();
    const items = Array.from({ length: 100 }, (_, index) => ({ at: (index * 37) % 100 }));
    for (let round = 0; round < 50; round++) for (const item of items) deadlines.set(item, 1000 + item.at + round);
    for (const item of items) deadlines.set(item, item.at);
    const expired = deadlines.takeExpired(1000);
    expect(expired.map(({ at }) => at)).toStrictEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(deadlines.next()).toBe(undefined);
  });
});
