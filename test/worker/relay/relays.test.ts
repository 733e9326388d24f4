/** A realm over several objects: its relays and its core, as the platform runs them. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { join } from "../socket.ts";

const objectOf = (realm: string, relay?: string) =>
  env.REALM.getByName(relay === undefined ? realm : `${realm}#${relay}`);
const joinAt = (realm: string, relay?: string) => join(realm, objectOf(realm, relay));

describe("a realm with relays", () => {
  it("carries publications from one relay to another, and none to a relay without subscriber", async () => {
    const realm = "spread-publish";
    const [near, far, publisher] = [
      await joinAt(realm, "weur.0"),
      await joinAt(realm, "apac.0"),
      await joinAt(realm, "weur.0"),
    ];
    for (const client of [near, far]) {
      client.send([32, 1, {}, "com.topic"]);
      expect(await client.next()).toMatchObject([33, 1, expect.any(Number)]);
    }
    publisher.send([16, 1, { acknowledge: true }, "com.topic", ["one"]]);
    const [, , publication] = await publisher.next();
    for (const client of [near, far]) {
      expect(await client.next()).toMatchObject([36, expect.any(Number), publication, {}, ["one"]]);
    }
  });

  it("carries a call from a client of one relay to a callee of another, and its result back", async () => {
    const realm = "spread-call";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "enam.1")];
    callee.send([64, 1, {}, "com.add"]);
    const [, , registration] = await callee.next();
    caller.send([48, 1, {}, "com.add", [1, 2]]);
    expect(await callee.next()).toMatchObject([68, 1, registration, {}, [1, 2]]);
    callee.send([70, 1, {}, [3]]);
    expect(await caller.next()).toMatchObject([50, 1, {}, [3]]);
  });

  it("continues after relays and core have slept", async () => {
    const realm = "spread-sleep";
    const relays = ["weur.0", "apac.0"] as const;
    const [callee, caller] = [await joinAt(realm, relays[0]), await joinAt(realm, relays[1])];
    const sleep = async () => {
      for (const relay of [undefined, ...relays]) await evictDurableObject(objectOf(realm, relay));
    };
    callee.send([64, 1, {}, "com.add"]);
    const [, , registration] = await callee.next();
    caller.send([32, 2, {}, "com.topic"]);
    const [, , subscription] = await caller.next();
    await sleep();
    caller.send([48, 3, {}, "com.add", [1]]);
    expect(await callee.next()).toMatchObject([68, 1, registration, {}, [1]]);
    await sleep();
    callee.send([16, 2, {}, "com.topic", ["still here"]]);
    expect(await caller.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["still here"]]);
    await sleep();
    callee.send([70, 1, {}, [2]]);
    expect(await caller.next()).toMatchObject([50, 3, {}, [2]]);
  });
});
