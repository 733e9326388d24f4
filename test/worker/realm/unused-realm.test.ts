import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { connect, join } from "../socket.ts";

/** The tables, the alarm and the secret in the storage of a realm. */
function storedIn(realm: string): Promise<unknown> {
  return runInDurableObject(env.REALM.getByName(realm), async (_object, { storage }) => ({
    tables: storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
    alarm: await storage.getAlarm(),
    secret: storage.kv.get("secret") !== undefined,
  }));
}

const NOTHING = { tables: [], alarm: null, secret: false };

/** The close code of a socket. */
function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code), { once: true }));
}

it("a client that sends no HELLO is closed in time, and leaves nothing in storage", async () => {
  const { socket } = await connect("hasty-unused");
  const code = closed(socket);
  expect(await storedIn("hasty-unused")).toEqual(NOTHING);
  expect(await code).toBe(1008);
  expect(await storedIn("hasty-unused")).toEqual(NOTHING);
});

it("a client that sends no HELLO does not keep the object awake, and leaves nothing in storage", async () => {
  const { socket } = await connect("unused-2");
  await vi.waitFor(async () => expect(await storedIn("unused-2")).toMatchObject({ alarm: expect.any(Number) }), 5_000);
  await evictDurableObject(env.REALM.getByName("unused-2"));
  socket.close(1000);
  await vi.waitFor(async () => expect(await storedIn("unused-2")).toEqual(NOTHING));
});

it("an event history creates no table before its first event, and keeps its id over a restart of the object", async () => {
  const first = await join("kept-unused");
  first.send([32, 1, { match: "prefix" }, "log."]);
  const [, , subscription] = await first.next();
  expect(await storedIn("kept-unused")).toEqual(NOTHING);
  await evictDurableObject(env.REALM.getByName("kept-unused"));
  const second = await join("kept-unused");
  second.send([32, 1, { match: "prefix" }, "log."]);
  expect(await second.next()).toEqual([33, 1, subscription]);
  second.send([16, 2, { acknowledge: true }, "log.a"]);
  expect((await second.next())[0]).toBe(17);
  expect(await storedIn("kept-unused")).toMatchObject({ tables: expect.arrayContaining(["history_log"]) });
});

it("a realm that keeps nothing deletes its storage with the last session", async () => {
  const client = await join("unused-1");
  for (let i = 1; i <= 400; i++) client.send([32, i, {}, `com.example.topic${i}`]);
  for (let i = 1; i <= 400; i++) await client.next();
  // The record has outgrown the socket's attachment.
  await vi.waitFor(async () =>
    expect(await storedIn("unused-1")).toMatchObject({ tables: expect.arrayContaining(["peer_record"]) }),
  );
  client.socket.close(1000);
  await vi.waitFor(async () => expect(await storedIn("unused-1")).toEqual(NOTHING));
  const next = await join("unused-1");
  next.send([16, 1, { acknowledge: true }, "t"]);
  expect((await next.next())[0]).toBe(17);
});

it("a socket over limits.handshakes is refused with 503, until one of the earlier sockets has a session", async () => {
  const waiting = await connect("crowded-1");
  await connect("crowded-1");
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const refused = await exports.default.fetch("http://router.test/ws/crowded-1", { headers });
  expect([refused.status, refused.headers.get("Retry-After"), await refused.json()]).toEqual([
    503,
    "1",
    { error: expect.stringContaining("try again later") },
  ]);
  waiting.send([1, "crowded-1", { roles: { caller: {} } }]);
  expect((await waiting.next())[0]).toBe(2);
  await connect("crowded-1");
});
