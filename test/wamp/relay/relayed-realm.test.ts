/** A realm over a core and relays, message by message. */

import { describe, expect, test } from "vitest";
import { COOL_DOWN_MS } from "../../../src/wamp/relay/broker/relay-interest.ts";
import { ALL_ROLES } from "../host/test-realm.ts";
import { IDS, idOf } from "./relay-stores.ts";
import { RelayedRealm } from "./relayed-realm.ts";

const PROGRESS = { caller: { features: { progressive_call_invocations: true, call_canceling: true } } };
const CALLEE = {
  callee: { features: { progressive_call_invocations: true, progressive_call_results: true, call_canceling: true } },
};

describe("an event", () => {
  test("reaches subscribers at the same relay, at another one and at the core, with one publication id", () => {
    const realm = new RelayedRealm();
    const subscribers = [realm.join(1), realm.join(2), realm.join(0)];
    for (const subscriber of subscribers) subscriber.send([32, 1, {}, "com.a"]);
    const id = idOf("exact", "com.a");
    for (const subscriber of subscribers) expect(subscriber.take()).toStrictEqual([[33, 1, id]]);
    const publisher = realm.join(1);
    publisher.send([16, 1, { acknowledge: true }, "com.a", ["x"]]);
    const [[, , publication]] = publisher.take() as [[number, number, number]];
    for (const subscriber of subscribers) expect(subscriber.take()).toStrictEqual([[36, id, publication, {}, ["x"]]]);
  });

  test("that only the publisher's relay has subscribers of wakes the core once, and then no more", () => {
    const realm = new RelayedRealm();
    const [subscriber, publisher] = [realm.join(1), realm.join(1)];
    subscriber.send([32, 1, {}, "com.a"]);
    publisher.send([16, 1, {}, "com.a"]);
    subscriber.take();
    publisher.say([16, 2, {}, "com.a"], [16, 3, {}, "com.a"]);
    expect([subscriber.take().length, realm.deliver()]).toStrictEqual([2, 0]);
  });

  test("reaches a subscriber elsewhere once that has got SUBSCRIBED, because the core revokes what it has told", () => {
    const realm = new RelayedRealm();
    const [publisher, subscriber] = [realm.join(1), realm.join(2)];
    publisher.send([16, 1, {}, "com.a"]);
    subscriber.say([32, 1, { match: "prefix" }, "com."]);
    // The announcement and the revocation have arrived, the acknowledgment of the revocation has not.
    const { network } = realm.world;
    network.step(2, 0, "deliver");
    network.step(0, 1, "deliver");
    expect(subscriber.take()).toStrictEqual([]);
    realm.deliver();
    publisher.send([16, 2, {}, "com.a", ["x"]]);
    const id = idOf("prefix", "com.");
    expect(subscriber.take()).toStrictEqual([
      [33, 1, id],
      [36, id, expect.any(Number), { topic: "com.a" }, ["x"]],
    ]);
  });

  test("goes to the receivers that PUBLISH names, wherever they are", () => {
    const realm = new RelayedRealm();
    const [ann, ben] = [realm.join(1), realm.join(2)];
    for (const client of [ann, ben]) client.send([32, 1, {}, "com.a"]);
    const [session] = [...realm.relays[1]!.realm.sessions.byId.keys()];
    expect(IDS.relayOf(session!)).toBe(2);
    const publisher = realm.join(0);
    ann.take();
    ben.take();
    publisher.send([16, 1, { eligible: [session] }, "com.a", [1]], [16, 2, { exclude: [session] }, "com.a", [2]]);
    const id = idOf("exact", "com.a");
    expect(ann.take()).toStrictEqual([[36, id, expect.any(Number), {}, [2]]]);
    expect(ben.take()).toStrictEqual([[36, id, expect.any(Number), {}, [1]]]);
  });
});

describe("a session that waits for SUBSCRIBED", () => {
  test("has its later messages processed behind it, while others are not held up", () => {
    const realm = new RelayedRealm();
    const [ann, ben] = [realm.join(1), realm.join(1)];
    ben.send([32, 1, {}, "com.b"]);
    ben.take();
    ann.say([32, 1, {}, "com.a"], [16, 2, { acknowledge: true, exclude_me: false }, "com.a"], [32, 3, {}, "com.b"]);
    ben.say([16, 2, { acknowledge: true }, "com.x"]);
    expect([ann.take(), ben.take().length]).toStrictEqual([[], 1]);
    realm.deliver();
    expect((ann.take() as number[][]).map(([type]) => type)).toStrictEqual([33, 17, 36, 33]);
  });
});

describe("interest", () => {
  test("leaves the core 30 seconds after the last subscriber, and nothing is due then", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    client.send([32, 1, {}, "com.a"]);
    client.leave();
    realm.advance(COOL_DOWN_MS - 1);
    expect(realm.core.core.publications.interest.size).toBe(1);
    // The object saves.
    realm.advance(1_000);
    realm.deliver();
    const due = [realm.core, ...realm.relays].map((object) => object.due);
    expect([realm.core.core.publications.interest.size, [...realm.core.interest.all()], due]).toStrictEqual([
      0,
      [],
      [undefined, undefined, undefined],
    ]);
  });
});

describe("a call", () => {
  test("goes from relay to relay by the core, and the callee sees numbers from 1", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    const [[, , registration]] = callee.take() as [[number, number, number]];
    caller.send([48, 1, { disclose_me: true }, "com.p", [1]], [48, 2, {}, "com.p", [2]]);
    const [session] = [...realm.relays[0]!.realm.sessions.byId.keys()];
    const disclosed = { caller: session, caller_authid: expect.any(String), caller_authrole: "anonymous" };
    expect(callee.take()).toStrictEqual([
      [68, 1, registration, disclosed, [1]],
      [68, 2, registration, {}, [2]],
    ]);
    callee.send([70, 2, {}, ["b"]], [8, 68, 1, {}, "com.error", ["a"]]);
    expect(caller.take()).toStrictEqual([
      [50, 2, {}, ["b"]],
      [8, 48, 1, {}, "com.error", ["a"]],
    ]);
    const { remote, realm: core } = realm.core.core;
    expect([remote.byId.size, core.dealer.tables.pending.count()]).toStrictEqual([1, 0]);
  });

  test("carries progressive input and results, and a cancel interrupts the callee", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1, PROGRESS), realm.join(2, CALLEE)];
    callee.send([64, 1, {}, "com.p"]);
    callee.take();
    caller.send(
      [48, 1, { progress: true, receive_progress: true }, "com.p", [1]],
      [48, 1, { progress: true }, "com.p", [2]],
    );
    callee.send([70, 1, { progress: true }, ["a"]]);
    caller.send([49, 1, { mode: "kill" }]);
    callee.send([8, 68, 1, {}, "wamp.error.canceled"]);
    caller.send([48, 1, {}, "com.p", ["late"]]);
    expect((callee.take() as unknown[][]).map(([type, request, , , args]) => [type, request, args])).toStrictEqual([
      [68, 1, [1]],
      [68, 1, [2]],
      [69, 1, undefined],
    ]);
    expect(caller.take()).toStrictEqual([
      [50, 1, { progress: true }, ["a"]],
      [8, 48, 1, {}, "wamp.error.canceled"],
    ]);
  });

  test("times out at the core", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, { timeout: 100 }, "com.p"]);
    realm.advance(100);
    expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.timeout", ["the call of com.p took too long"]]]);
  });

  test("fails for its caller where the result does not fit, and for the callee where the invocation does not", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    callee.take();
    caller.send([48, 1, {}, "com.p"]);
    caller.transport.maxLength = 200;
    callee.send([70, 1, {}, ["x".repeat(200)]]);
    callee.transport.maxLength = 100;
    caller.send([48, 2, {}, "com.p", ["x".repeat(100)]]);
    const errors = (caller.take() as unknown[][]).map(([, , request, , uri]) => [request, uri]);
    expect(errors).toStrictEqual([
      [1, "wamp.error.payload_size_exceeded"],
      [2, "wamp.error.payload_size_exceeded"],
    ]);
  });

  test("interrupts its callee where more of its input does not fit", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1, PROGRESS), realm.join(2, CALLEE)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, { progress: true }, "com.p"]);
    callee.take();
    callee.transport.maxLength = 200;
    caller.send([48, 1, { progress: true }, "com.p", ["x".repeat(200)]]);
    expect(callee.take()).toStrictEqual([[69, 1, { mode: "killnowait" }]]);
    expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.payload_size_exceeded", expect.any(Array)]]);
  });

  test("fails for its caller where the error of its callee does not fit", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"]);
    caller.transport.maxLength = 200;
    callee.send([8, 68, 1, {}, "com.error", ["x".repeat(200)]]);
    expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.payload_size_exceeded", expect.any(Array)]]);
  });

  test("gets one answer for each REGISTER and UNREGISTER, though their request ids are the same", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    client.say([64, 1, {}, "com.a"], [64, 1, {}, "com.b"], [66, 1, 77], [64, 1, {}, "com.c"]);
    realm.deliver();
    expect((client.take() as unknown[][]).map(([type, request]) => [type, request])).toStrictEqual([
      [65, 1],
      [65, 1],
      [8, 66],
      [65, 1],
    ]);
  });

  test("is refused with the error of the core's dealer; a broken protocol ends the session at its relay", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    client.send([48, 1, {}, "com.none"], [66, 2, 77]);
    expect(client.take()).toStrictEqual([
      [8, 48, 1, {}, "wamp.error.no_such_procedure", ["no callee is registered for procedure com.none"]],
      [8, 66, 2, {}, "wamp.error.no_such_registration", ["the session does not hold registration 77"]],
    ]);
    client.send([70, 5, {}]);
    const message = "no invocation was sent with this request id";
    expect(client.take()).toStrictEqual([
      [3, { message }, "wamp.error.protocol_violation"],
      ["closed", 1002],
    ]);
  });

  test("that is open while all objects sleep gets its result", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"]);
    realm.advance(6_000);
    for (const object of [realm.core, ...realm.relays]) object.sleepAndWake();
    callee.send([70, 1, {}, ["x"]]);
    expect(caller.take()).toStrictEqual([[50, 1, {}, ["x"]]]);
  });

  test("that lasts shorter than a second writes no row for its caller", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    realm.advance(1_000);
    caller.send([48, 1, {}, "com.p"]);
    callee.send([70, 1, {}]);
    realm.advance(1_000);
    expect([...realm.core.sessions.rows.values()].map(({ relay }) => relay)).toStrictEqual([2]);
    callee.leave();
    expect(realm.core.sessions.rows.size).toBe(0);
  });

  test("fails where the callee's relay loses its connections", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2, ALL_ROLES)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"]);
    realm.relays[1]!.crash();
    realm.relays[1]!.relay.begin();
    realm.deliver();
    expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]]);
    expect(realm.core.core.realm.dealer.registrations.size).toBe(0);
  });
});
