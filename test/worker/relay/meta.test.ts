/** The procedures and events of the router in a realm over several objects, as the platform runs them. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { join } from "../socket.ts";

const objectOf = (realm: string, relay?: string) =>
  env.REALM.getByName(relay === undefined ? realm : `${realm}#${relay}`);
const joinAt = (realm: string, relay: string) => join(realm, objectOf(realm, relay));

it("a session hears of and ends a session of another relay, also after all objects have slept", async () => {
  const realm = "spread-meta";
  const watcher = await joinAt(realm, "weur.0");
  watcher.send([32, 1, {}, "wamp.session.on_join"]);
  watcher.send([32, 2, {}, "wamp.session.on_leave"]);
  const [[, , onJoin], [, , onLeave]] = [await watcher.next(), await watcher.next()];
  const other = await joinAt(realm, "apac.0");
  const [, , , , [details]] = (await watcher.next()) as [36, unknown, number, object, [{ session: number }]];
  expect(details).toMatchObject({ transport: { websocket_protocol: "wamp.2.json", relay: "apac.0" } });
  const { session } = details;
  for (const relay of [undefined, "weur.0", "apac.0"]) await evictDurableObject(objectOf(realm, relay));
  watcher.send([48, 3, {}, "wamp.session.count"]);
  expect(await watcher.next()).toStrictEqual([50, 3, {}, [2]]);
  watcher.send([48, 4, {}, "wamp.session.kill", [session], { reason: "com.example.enough" }]);
  expect(await watcher.next()).toStrictEqual([50, 4, {}]);
  expect(await other.next()).toStrictEqual([6, {}, "com.example.enough"]);
  const left = [36, onLeave, expect.any(Number), {}, [session, expect.any(String), "anonymous"]];
  expect(await watcher.next()).toStrictEqual(left);
  watcher.send([48, 5, {}, "wamp.session.list"]);
  expect(await watcher.next()).toStrictEqual([50, 5, {}, [[expect.any(Number)]]]);
  expect(onJoin).not.toBe(onLeave);
});
