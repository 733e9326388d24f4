/** Sockets that close while the realm sleeps: the platform wakes it with a socket that it does not list any more. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { join } from "../socket.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

it("a session whose socket closes in the realm's sleep leaves like any other [SES-30][MS-03]", async () => {
  const realm = "close-in-sleep-1";
  const watcher = await join(realm);
  watcher.send([32, 1, {}, "wamp.session.on_leave"]);
  await watcher.next();
  const callee = await join(realm);
  callee.send([64, 1, {}, "p"]);
  await callee.next();
  watcher.send([48, 2, {}, "p"]);
  expect((await callee.next())[0]).toBe(68);
  await evictDurableObject(realmOf(realm));
  callee.socket.close(1001);
  expect((await watcher.next()).slice(0, 5)).toEqual([8, 48, 2, {}, "wamp.error.canceled"]);
  expect((await watcher.next())[0]).toBe(36);
  watcher.send([48, 3, {}, "wamp.session.count"]);
  expect(await watcher.next()).toEqual([50, 3, {}, [1]]);
});

it("several sessions whose sockets close at once leave, too [SES-30][MS-03]", async () => {
  const realm = "close-in-sleep-2";
  const watcher = await join(realm);
  watcher.send([32, 1, {}, "wamp.session.on_leave"]);
  await watcher.next();
  const others = [await join(realm), await join(realm), await join(realm)];
  await evictDurableObject(realmOf(realm));
  for (const { socket } of others) socket.close(1001);
  for (const _ of others) expect((await watcher.next())[0]).toBe(36);
  watcher.send([48, 2, {}, "wamp.session.count"]);
  expect(await watcher.next()).toEqual([50, 2, {}, [1]]);
});
