/** What relays and core cost while nothing happens between them: they sleep, and store what outlasts that. */

import { describe, expect, it, vi } from "vitest";
import { connect } from "../socket.ts";
import { endCoolDown, isAwake, joinAt, leave, objectOf, sleep, stored, subscribe } from "./objects.ts";

/** What a core keeps of so many relays, whatever their sessions hold. */
function rowsOfCore(relays: number): object {
  return { relay_epoch: relays, role_version: relays, told_relay: relays, link_number: 1, schema_version: 1 };
}

/** What a relay keeps that has used its link. */
const ROWS_OF_RELAY = { role_version: 1, link_number: 1, schema_version: 1 };

/** The object saves what has changed a quarter of a second later, and tells the core. */
const WITHIN = { timeout: 10_000, interval: 50 };

describe("relays and their core", () => {
  it("continue a session after all have slept", async () => {
    const realm = "spread-sleep";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    const all = [undefined, "weur.0", "apac.0"];
    callee.send([64, 1, {}, "com.add"]);
    const [, , registration] = await callee.next();
    const subscription = await subscribe(caller, "com.topic");
    await sleep(realm, ...all);
    caller.send([48, 3, {}, "com.add", [1]]);
    expect(await callee.next()).toMatchObject([68, 1, registration, {}, [1]]);
    await sleep(realm, ...all);
    callee.send([16, 2, {}, "com.topic", ["still here"]]);
    expect(await caller.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["still here"]]);
    await sleep(realm, ...all);
    callee.send([70, 1, {}, [2]]);
    expect(await caller.next()).toMatchObject([50, 3, {}, [2]]);
  });

  it("end a call at its deadline, though all have slept since it was made", async () => {
    const realm = "spread-deadline";
    const [callee, caller] = [await connect(realm, objectOf(realm, "weur.0")), await joinAt(realm, "apac.0")];
    callee.send([1, realm, { roles: { callee: { features: { call_canceling: true } } } }]);
    await callee.next();
    callee.send([64, 1, {}, "com.slow"]);
    const [, , registration] = await callee.next();
    caller.send([48, 1, { timeout: 700 }, "com.slow"]);
    expect(await callee.next()).toStrictEqual([68, 1, registration, {}]);
    await sleep(realm, undefined, "weur.0", "apac.0");
    expect(await caller.next()).toStrictEqual([8, 48, 1, {}, "wamp.error.timeout", [expect.any(String)]]);
    expect(await callee.next()).toMatchObject([69, 1, { mode: "killnowait" }]);
    callee.send([70, 1, {}, ["late"]]);
    caller.send([48, 2, {}, "com.slow"]);
    expect(await callee.next()).toStrictEqual([68, 2, registration, {}]);
    callee.send([70, 2, {}, ["in time"]]);
    expect(await caller.next()).toStrictEqual([50, 2, {}, ["in time"]]);
  });

  it("leave the core asleep while one region alone uses a topic", async () => {
    const realm = "spread-local";
    const [subscriber, publisher] = [await joinAt(realm, "weur.0"), await joinAt(realm, "weur.0")];
    const subscription = await subscribe(subscriber, "com.local");
    publisher.send([16, 1, {}, "com.local", ["first"]]);
    expect(await subscriber.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["first"]]);
    await sleep(realm, undefined);
    for (let number = 2; number <= 20; number++) {
      publisher.send([16, number, { acknowledge: true }, "com.local", [number]]);
      expect(await publisher.next()).toMatchObject([17, number, expect.any(Number)]);
      expect(await subscriber.next()).toMatchObject([36, subscription, expect.any(Number), {}, [number]]);
    }
    publisher.send([32, 21, {}, "com.local"]);
    expect(await publisher.next()).toStrictEqual([33, 21, subscription]);
    expect(await isAwake(realm)).toBe(false);
  });

  it("hear of a topic that was used in one region alone from the first subscriber of another", async () => {
    const realm = "spread-later";
    const [near, publisher] = [await joinAt(realm, "weur.0"), await joinAt(realm, "weur.0")];
    await subscribe(near, "com.local");
    publisher.send([16, 1, {}, "com.local", ["near only"]]);
    await near.next();
    await sleep(realm, undefined);
    const far = await joinAt(realm, "apac.0");
    const subscription = await subscribe(far, "com.local");
    publisher.send([16, 2, {}, "com.local", ["for both"]]);
    expect(await far.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["for both"]]);
  });

  it("have no alarm while sessions are idle, and rows only of what the sessions hold", async () => {
    const realm = "spread-idle";
    const [callee, subscriber] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    callee.send([64, 1, {}, "com.add"]);
    await callee.next();
    await subscribe(subscriber, "com.topic");
    await sleep(realm, undefined, "weur.0", "apac.0");
    const held = { relay_interest: 1, remote_session: 1, relay_sessions: 2 };
    expect(await stored(realm)).toStrictEqual({ alarm: null, rows: { ...held, ...rowsOfCore(2) } });
    for (const relay of ["weur.0", "apac.0"]) {
      expect(await stored(realm, relay)).toStrictEqual({ alarm: null, rows: ROWS_OF_RELAY });
    }
  });

  it("keep only their numbers, and what is retained, when all sessions have left", async () => {
    const realm = "spread-left";
    const [callee, subscriber, observer] = [
      await joinAt(realm, "weur.0"),
      await joinAt(realm, "apac.0"),
      await joinAt(realm, "enam.0"),
    ];
    callee.send([64, 1, {}, "com.add"]);
    await callee.next();
    await subscribe(subscriber, "com.topic");
    observer.send([16, 1, {}, "com.unused"]);
    observer.send([16, 2, { acknowledge: true, retain: true }, "com.state"]);
    expect(await observer.next()).toMatchObject([17, 2, expect.any(Number)]);
    await sleep(realm, undefined, "weur.0", "apac.0", "enam.0");
    expect((await stored(realm)).rows).toMatchObject({ told_relay: 3, relay_stored: 1, relay_epoch: 3 });
    await Promise.all([callee, subscriber, observer].map(leave));
    // The core forgets a relay without sessions; that of the subscriber has interest that cools down.
    await vi.waitFor(async () => expect((await stored(realm)).rows).toMatchObject({ relay_epoch: 1 }), WITHIN);
    await endCoolDown(realm, "apac.0");
    await vi.waitFor(async () => expect((await stored(realm)).rows).toMatchObject({ relay_epoch: 0 }), WITHIN);
    for (const relay of [undefined, "weur.0", "apac.0", "enam.0"]) {
      await isAwake(realm, relay);
      const { alarm, rows } = await stored(realm, relay);
      const left = Object.entries(rows).flatMap(([table, count]) => (count > 0 ? [table] : []));
      const kept = relay === undefined ? ["retained_event"] : [];
      expect([alarm, left.sort()]).toStrictEqual([null, ["link_number", ...kept, "schema_version"]]);
    }
  });

  it("accept no client of a relay that is no object of the realm", async () => {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
    const response = await objectOf("solo-1", "weur.0").fetch("http://router.test/ws/solo-1", { headers });
    const socket = response.webSocket!;
    socket.accept();
    socket.send(JSON.stringify([1, "solo-1", { roles: {} }]));
    const [abort] = await new Promise<string[]>((resolve) => {
      socket.addEventListener("message", ({ data }) => resolve([String(data)]), { once: true });
    });
    expect(JSON.parse(abort!)).toMatchObject([3, {}, expect.any(String)]);
  });
});
