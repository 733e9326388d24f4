/** What a realm stores: it survives sleep and a crash of the object. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { TestClient } from "../socket.ts";
import { join } from "../socket.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

let request = 0;

async function call(client: TestClient, procedure: string, ...payload: unknown[]): Promise<unknown[]> {
  client.send([48, ++request, {}, procedure, ...payload]);
  return client.next();
}

/** Publishes and waits for PUBLISHED. */
async function publish(client: TestClient, topic: string, args: unknown[], options = {}): Promise<void> {
  client.send([16, ++request, { acknowledge: true, ...options }, topic, args]);
  expect((await client.next())[0]).toBe(17);
}

/** The events of the history of `log.`. */
async function historyIn(client: TestClient, subscription: unknown): Promise<unknown[]> {
  const [, , , events] = await call(client, "wamp.subscription.get_events", [subscription]);
  return (events as { args: unknown[] }[]).map(({ args }) => args[0]);
}

async function lookup(client: TestClient): Promise<unknown> {
  const [, , , args] = await call(client, "wamp.subscription.lookup", ["log.", { match: "prefix" }]);
  return (args as unknown[])[0];
}

/** The retained event of a topic, as a new subscriber gets it. */
async function retainedIn(realm: string, topic: string): Promise<unknown[]> {
  const subscriber = await join(realm);
  subscriber.send([32, 1, { get_retained: true }, topic]);
  expect((await subscriber.next())[0]).toBe(33);
  return (await subscriber.next()).slice(3);
}

/** The tables of a realm, without those of the platform. */
const tablesOf = (realm: string) =>
  runInDurableObject(realmOf(realm), (_, { storage }) => {
    const rows = storage.sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    );
    return rows.toArray().map(({ name }) => name);
  });

/** Ends every object and its sockets without notice. */
async function crash(): Promise<void> {
  await abortAllDurableObjects();
}

describe("a realm that sleeps", () => {
  it("keeps retained events, also those published immediately before [RET-14]", async () => {
    const publisher = await join("keep-1");
    await publish(publisher, "temp", ["cold"], { retain: true });
    await publish(publisher, "temp", ["warm"], { retain: true });
    await evictDurableObject(realmOf("keep-1"));
    expect(await retainedIn("keep-1", "temp")).toEqual([{ retained: true }, ["warm"]]);
  });

  it("keeps event history, under the same subscription id, and loses no acknowledged event [HIS-01][HIS-14]", async () => {
    const client = await join("kept-1");
    const subscription = await lookup(client);
    const expected: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 100; n++) await publish(client, `log.t${n % 7}`, [expected.push(expected.length) - 1]);
      await evictDurableObject(realmOf("kept-1"));
      expect(await lookup(client)).toBe(subscription);
      expect(await historyIn(client, subscription)).toEqual(expected);
    }
  });

  it("publishes the testament of a session that ends after sleep [TST-09]", async () => {
    const heir = await join("keep-2");
    heir.send([32, 1, {}, "bye"]);
    await heir.next();
    const owner = await join("keep-2");
    expect(await call(owner, "wamp.session.add_testament", ["bye", ["late"]])).toEqual([50, request, {}]);
    await evictDurableObject(realmOf("keep-2"));
    owner.socket.close(1000);
    expect((await heir.next())[4]).toEqual(["late"]);
    const rows = await runInDurableObject(realmOf("keep-2"), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM testament").toArray(),
    );
    expect(rows).toEqual([]);
  });
});

describe("a realm whose object crashes", () => {
  it("has the events retained and logged a second ago, and publishes the testaments of all sessions once", async () => {
    const owner = await join("kept-2");
    const subscription = await lookup(owner);
    await publish(owner, "log.a", ["before"], { retain: true });
    // The object flushes before it is evicted.
    await evictDurableObject(realmOf("kept-2"));
    const testament = ["log.testament", ["seeya"]];
    await call(owner, "wamp.session.add_testament", testament, { publish_options: { retain: true } });
    await crash();
    expect(await retainedIn("kept-2", "log.a")).toEqual([{ retained: true }, ["before"]]);
    expect(await retainedIn("kept-2", "log.testament")).toEqual([{ retained: true }, ["seeya"]]);
    await evictDurableObject(realmOf("kept-2"));
    await crash();
    const client = await join("kept-2");
    expect(await lookup(client)).toBe(subscription);
    expect(await historyIn(client, subscription)).toEqual(["before", "seeya"]);
  });
});

describe("a realm whose object ends right after PUBLISHED", () => {
  it("has every acknowledged event, also those published together [HIS-01]", async () => {
    const client = await join("kept-3");
    const expected: string[] = [];
    for (const size of [1, 1, 200]) {
      const args = Array.from({ length: size }, (_, n) => `${expected.length} ${n}`);
      for (const arg of args) client.send([16, ++request, { acknowledge: true }, "log.a", [arg]]);
      for (const _ of args) expect((await client.next())[0]).toBe(17);
      expected.push(...args);
    }
    await publish(client, "log.b", ["retained"], { retain: true });
    await crash();
    expect(await retainedIn("kept-3", "log.b")).toEqual([{ retained: true }, ["retained"]]);
    const again = await join("kept-3");
    expect(await historyIn(again, await lookup(again))).toEqual([...expected, "retained"]);
  });

  it("has the answer of an idempotency key if it has the event, so that a retry publishes nothing", async () => {
    const pass = { kind: "role", role: "anonymous", authid: "web", by: "bridge" } as const;
    const event = { uri: "log.a", args: ["once"], kwargs: {}, options: {} };
    const publishOnce = () => realmOf("kept-4").publish(pass, event, { key: "k", body: "b" });
    const first = await publishOnce();
    await crash();
    expect(await publishOnce()).toEqual(first);
    const client = await join("kept-4");
    expect(await historyIn(client, await lookup(client))).toEqual(["once"]);
  });
});

describe("a realm that keeps nothing", () => {
  it("has no table, however many events and subscriptions it has", async () => {
    const [publisher, subscriber] = [await join("keep-3"), await join("keep-3")];
    subscriber.send([32, 1, { get_retained: true }, "t"]);
    await subscriber.next();
    for (let n = 0; n < 100; n++) await publish(publisher, "t", [n]);
    await evictDurableObject(realmOf("keep-3"));
    publisher.socket.close(1000);
    await publish(await join("keep-3"), "t", ["awake"]);
    expect(await tablesOf("keep-3")).toEqual([]);
  });
});
