/** A full disk: what a realm refuses, what works without storage, and what is written once the disk has space. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { setDiskState } from "../../../src/worker/storage/free-space.ts";
import { join } from "../socket.ts";

const STORAGE_FULL = "wamp.edge.error.storage_full";

afterEach(() => {
  setDiskState("ample");
  vi.restoreAllMocks();
});

const realmOf = (name: string) => env.REALM.getByName(name);

/** The rows of a table. */
const rowsOf = (realm: string, table: string) =>
  runInDurableObject(realmOf(realm), (_, { storage }) => storage.sql.exec(`SELECT * FROM ${table}`).toArray());

it("stores testaments from the reserve, and refuses them with ERROR once the disk is exhausted", async () => {
  const client = await join("kept-full-1");
  setDiskState("low");
  client.send([48, 1, {}, "wamp.session.add_testament", ["log.t", [1]]]);
  expect((await client.next())[0]).toBe(50);
  setDiskState("exhausted");
  client.send([48, 2, {}, "wamp.session.add_testament", ["log.t", [2]]]);
  expect((await client.next()).slice(0, 5)).toEqual([8, 48, 2, {}, STORAGE_FULL]);
});

it("publishes a testament once though its row cannot be deleted, and deletes it once the disk has space", async () => {
  const [owner, heir] = [await join("kept-full-2"), await join("kept-full-2")];
  heir.send([32, 1, {}, "log.t"]);
  await heir.next();
  owner.send([48, 1, {}, "wamp.session.add_testament", ["log.t", [1]]]);
  await owner.next();
  setDiskState("exhausted");
  owner.socket.close(1000);
  expect((await heir.next())[4]).toEqual([1]);
  expect(await rowsOf("kept-full-2", "testament")).toHaveLength(1);
  setDiskState("ample");
  heir.send([16, 2, { acknowledge: true }, "log.t", [2]]);
  expect((await heir.next())[0]).toBe(17);
  expect(await rowsOf("kept-full-2", "testament")).toEqual([]);
});

it("admits sessions to a realm without storage, and stores their events once the disk has space", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  setDiskState("exhausted");
  const client = await join("kept-full-3");
  client.send([16, 1, { acknowledge: true }, "log.a", [1]]);
  client.send([16, 2, { acknowledge: true }, "plain", [1]]);
  expect((await client.next()).slice(0, 5)).toEqual([8, 16, 1, {}, STORAGE_FULL]);
  expect((await client.next()).slice(0, 2)).toEqual([17, 2]);
  setDiskState("ample");
  client.send([16, 3, { acknowledge: true }, "log.a", [2]]);
  expect((await client.next()).slice(0, 2)).toEqual([17, 3]);
  await evictDurableObject(realmOf("kept-full-3"));
  client.send([48, 4, {}, "wamp.subscription.lookup", ["log.", { match: "prefix" }]]);
  const [, , , id] = await client.next();
  client.send([48, 5, {}, "wamp.subscription.get_events", id]);
  const [, , , events] = await client.next();
  expect((events as { args: unknown[] }[]).map(({ args }) => args)).toEqual([[2]]);
});
