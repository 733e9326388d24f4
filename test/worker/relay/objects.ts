/** The objects of a realm with relays, and clients that connect to one of them. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Client } from "../../chaos/client.ts";
import { connect, join, type TestClient } from "../socket.ts";

/** The object of a relay such as "weur.0", or of the core. */
export function objectOf(realm: string, relay?: string) {
  return env.REALM.getByName(relay === undefined ? realm : `${realm}#${relay}`);
}

/** Joins the realm at one of its relays, or at its core. */
export function joinAt(realm: string, relay?: string): Promise<TestClient> {
  return join(realm, objectOf(realm, relay));
}

/** As `joinAt`, for a client whose requests may be lost with its connection. */
export async function clientAt(realm: string, relay?: string): Promise<Client> {
  const { socket } = await connect(realm, objectOf(realm, relay));
  const client = new Client({ send: (text) => socket.send(text), close: () => socket.close(1000) });
  socket.addEventListener("message", ({ data }) => client.receive(JSON.parse(String(data))));
  for (const end of ["close", "error"] as const) socket.addEventListener(end, () => client.lose());
  await client.hello(realm);
  return client;
}

/** Subscribes; resolves to the subscription id. */
export async function subscribe(client: TestClient, topic: string): Promise<unknown> {
  client.send([32, 1, {}, topic]);
  return (await client.next())[2];
}

/** Closes the socket of a client; resolves when the router has answered. */
export function leave({ socket }: TestClient): Promise<void> {
  socket.close(1000);
  return new Promise((resolve) => socket.addEventListener("close", () => resolve()));
}

/** Puts objects of a realm to sleep; undefined stands for the core. */
export async function sleep(realm: string, ...relays: (string | undefined)[]): Promise<void> {
  for (const relay of relays) await evictDurableObject(objectOf(realm, relay));
}

/** Whether the object is awake; it sleeps afterwards. */
export async function isAwake(realm: string, relay?: string): Promise<boolean> {
  try {
    await evictDurableObject(objectOf(realm, relay));
    return true;
  } catch (error) {
    if (/not currently running/.test(String(error))) return false;
    throw error;
  }
}

/** Ends the object with all its sockets, as a fault in it does. */
export async function crash(realm: string, relay?: string): Promise<void> {
  await runInDurableObject(objectOf(realm, relay), (_, ctx) => ctx.abort("a fault of the test")).catch(() => {});
}

/** What the storage of an object has, table → number of rows, and its alarm; leave it asleep for that. */
export async function stored(realm: string, relay?: string): Promise<{ alarm: number | null; rows: object }> {
  return await runInDurableObject(objectOf(realm, relay), async (_, { storage }) => {
    const names = storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray();
    const count = (name: string) => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${name}`).one().n;
    const rows = Object.fromEntries(names.map(({ name }) => [name, count(name)]));
    return { alarm: await storage.getAlarm(), rows };
  });
}

/** Ends the cool-down of a relay's interest, if it has any, while it sleeps, and lets its alarm run. */
export async function endCoolDown(realm: string, relay: string): Promise<void> {
  await runInDurableObject(objectOf(realm, relay), (_, { storage: { sql } }) => {
    const [table] = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'cooling_interest'").toArray();
    if (table !== undefined) sql.exec("UPDATE cooling_interest SET until = 0");
  });
  await evictDurableObject(objectOf(realm, relay));
  await runDurableObjectAlarm(objectOf(realm, relay));
}
