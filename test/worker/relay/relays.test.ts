/** A realm over several objects: what its relays and its core exchange, as the platform runs them. */

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { relayNumber } from "../../../src/worker/routing/relay-names.ts";
import { joinAt, objectOf, sleep, subscribe } from "./objects.ts";

describe("a realm with relays", () => {
  it("carries publications from one relay to another", async () => {
    const realm = "spread-publish";
    const [near, far] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    const publisher = await joinAt(realm, "weur.0");
    const subscriptions = [await subscribe(near, "com.topic"), await subscribe(far, "com.topic")];
    expect(subscriptions[0]).toBe(subscriptions[1]);
    publisher.send([16, 1, { acknowledge: true }, "com.topic", ["one"]]);
    const [, , publication] = await publisher.next();
    for (const client of [near, far]) {
      expect(await client.next()).toStrictEqual([36, subscriptions[0], publication, {}, ["one"]]);
    }
  });

  it("carries a call from a client of one relay to a callee of another, and its result back", async () => {
    const realm = "spread-call";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "enam.1")];
    callee.send([64, 1, {}, "com.add"]);
    const [, , registration] = await callee.next();
    caller.send([48, 1, {}, "com.add", [1, 2]]);
    expect(await callee.next()).toStrictEqual([68, 1, registration, {}, [1, 2]]);
    callee.send([70, 1, {}, [3]]);
    expect(await caller.next()).toStrictEqual([50, 1, {}, [3]]);
  });

  it("has sessions at its core, too", async () => {
    const realm = "spread-core";
    const [atRelay, atCore] = [await joinAt(realm, "weur.0"), await joinAt(realm)];
    atRelay.send([64, 1, {}, "com.add"]);
    await atRelay.next();
    const subscription = await subscribe(atRelay, "com.topic");
    atCore.send([48, 1, {}, "com.add", [1]]);
    expect(await atRelay.next()).toMatchObject([68, 1, expect.any(Number), {}, [1]]);
    atRelay.send([70, 1, {}, [2]]);
    expect(await atCore.next()).toStrictEqual([50, 1, {}, [2]]);
    atCore.send([16, 2, {}, "com.topic", ["from the core"]]);
    expect(await atRelay.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["from the core"]]);
  });

  it("goes on without relays in the configuration until their clients are gone", async () => {
    const realm = "once-spread";
    // What both have stored from the time when the configuration named the relay.
    await runInDurableObject(objectOf(realm), (_, { storage }) => {
      storage.sql.exec("CREATE TABLE relay_epoch (relay INTEGER PRIMARY KEY, epoch INTEGER)");
      storage.sql.exec("INSERT INTO relay_epoch VALUES (?, 1)", relayNumber({ region: "weur", index: 0 }));
    });
    await runInDurableObject(objectOf(realm, "weur.0"), (_, { storage }) => {
      storage.sql.exec(
        "CREATE TABLE link_number (id INTEGER PRIMARY KEY, boot INTEGER, epoch INTEGER, is_open INTEGER)",
      );
      storage.sql.exec("INSERT INTO link_number VALUES (1, 1, 1, 0)");
    });
    const [atRelay, atCore] = [await joinAt(realm, "weur.0"), await joinAt(realm)];
    const subscription = await subscribe(atRelay, "com.topic");
    await sleep(realm, undefined);
    atCore.send([16, 1, { acknowledge: true }, "com.topic", ["one"]]);
    const [, , publication] = await atCore.next();
    expect(await atRelay.next()).toStrictEqual([36, subscription, publication, {}, ["one"]]);
  });
});
