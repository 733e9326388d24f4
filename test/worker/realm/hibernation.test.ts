import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { join } from "../socket.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

describe("a realm that sleeps", () => {
  it("keeps sessions, subscriptions and registrations [SES-30]", async () => {
    const callee = await join("sleep-1");
    callee.send([64, 1, {}, "com.example.add"]);
    const registration = (await callee.next())[2];
    const subscriber = await join("sleep-1");
    subscriber.send([32, 1, { match: "prefix" }, "com."]);
    const subscription = (await subscriber.next())[2];
    await evictDurableObject(realmOf("sleep-1"));
    const caller = await join("sleep-1");
    caller.send([48, 1, {}, "com.example.add", [1]]);
    expect(await callee.next()).toEqual([68, 1, registration, {}, [1]]);
    caller.send([16, 2, {}, "com.topic"]);
    expect(await subscriber.next()).toEqual([36, subscription, expect.any(Number), { topic: "com.topic" }]);
  });

  it("answers a call that was open while it slept, and continues the callee's sequence of ids [SES-30][ID-04]", async () => {
    const callee = await join("sleep-2");
    callee.send([64, 1, {}, "p"]);
    await callee.next();
    const caller = await join("sleep-2");
    caller.send([48, 1, {}, "p"]);
    expect((await callee.next())[1]).toBe(1);
    await evictDurableObject(realmOf("sleep-2"));
    callee.send([70, 1, {}, ["late"]]);
    expect(await caller.next()).toEqual([50, 1, {}, ["late"]]);
    await evictDurableObject(realmOf("sleep-2"));
    caller.send([48, 2, {}, "p"]);
    expect((await callee.next())[1]).toBe(2);
  });

  it("times out a call by alarm while it sleeps [TMO-10]", async () => {
    const callee = await join("sleep-3");
    callee.send([64, 1, {}, "p"]);
    await callee.next();
    const caller = await join("sleep-3");
    caller.send([48, 1, { timeout: 700 }, "p"]);
    await callee.next();
    await evictDurableObject(realmOf("sleep-3"));
    expect(await caller.next()).toEqual([8, 48, 1, {}, "wamp.error.timeout", [expect.any(String)]]);
  });

  it("restores a session with 5,000 subscriptions from storage, and deletes its rows with it", async () => {
    const subscriber = await join("sleep-4");
    for (let i = 1; i <= 5000; i++) subscriber.send([32, i, {}, `com.example.topic${i}`]);
    for (let i = 1; i <= 5000; i++) await subscriber.next();
    await evictDurableObject(realmOf("sleep-4"));
    const publisher = await join("sleep-4");
    publisher.send([16, 1, {}, "com.example.topic4711", ["hi"]]);
    expect((await subscriber.next())[4]).toEqual(["hi"]);
    const rows = () =>
      runInDurableObject(realmOf("sleep-4"), (_realm, { storage }) =>
        storage.sql.exec("SELECT key FROM peer_record").toArray(),
      );
    expect(await rows()).toHaveLength(1);
    subscriber.socket.close(1000);
    await publisherSees(publisher, []);
    expect(await rows()).toEqual([]);

    /** A round trip, after which the close has been handled. */
    async function publisherSees(client: typeof publisher, events: unknown[]) {
      client.send([16, 2, { acknowledge: true }, "com.example.topic4711"]);
      expect((await client.next())[0]).toBe(17);
      expect(events).toEqual([]);
    }
  });

  it("sets no alarm and stores nothing without deadlines", async () => {
    const subscriber = await join("sleep-5");
    subscriber.send([32, 1, {}, "t"]);
    await subscriber.next();
    await evictDurableObject(realmOf("sleep-5"));
    const state = await runInDurableObject(realmOf("sleep-5"), async (_realm, { storage }) => ({
      alarm: await storage.getAlarm(),
      tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    }));
    expect(state).toEqual({ alarm: null, tables: [] });
  });
});
