/** Backup and restore of the data of `npm run serve`, as in docs/operations.md. */

import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { afterEach, expect, it } from "vitest";
import { ID, type RawClient } from "../clients/raw-client.ts";
import { joinRealm, killServed, OPEN, type Served, scratchDirectory, serve, stop } from "./served.ts";

const TOPIC = "com.example.kept";
const LIMIT = 100_000;
const CONFIG = JSON.stringify({
  version: 1,
  realms: [{ name: "realm1", ...OPEN, store: { "event-history": [{ uri: TOPIC, match: "exact", limit: LIMIT }] } }],
});

afterEach(killServed);

/** Publishes the events with the numbers `first` to `last` and waits for each acknowledgment. */
async function publish(client: RawClient, first: number, last: number): Promise<void> {
  for (let value = first; value <= last; value++) {
    await client.send([16, value, { acknowledge: true, retain: true }, TOPIC, [value]]);
    await client.expect([17, value, ID]);
  }
}

/** Returns the numbers of the events in the history, in order. */
async function history(served: Served): Promise<unknown[]> {
  const client = await joinRealm(served);
  await client.send([32, 1, {}, TOPIC]);
  const [, , subscription] = await client.expect([33, 1, ID]);
  await client.send([48, 2, {}, "wamp.subscription.get_events", [subscription], { limit: LIMIT }]);
  const [, , , events] = (await client.next()) as [50, number, object, { args: [unknown] }[]];
  return events.map(({ args }) => args[0]);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

it("a data folder copied after a stop has all events in another place", async () => {
  const data = scratchDirectory();
  const served = await serve(data, CONFIG);
  await publish(await joinRealm(served), 1, 50);
  await stop(served);
  const copy = join(scratchDirectory(), "restored");
  cpSync(data, copy, { recursive: true });
  const restored = await serve(copy, CONFIG);
  expect(await history(restored)).toStrictEqual(upTo(50));
  await stop(restored);
});

it("a SQLite backup of each database of a running router is complete", async () => {
  const data = scratchDirectory();
  const first = await serve(data, CONFIG);
  await publish(await joinRealm(first), 1, 50);
  await stop(first);
  const served = await serve(data, CONFIG);
  const publisher = await joinRealm(served);
  const copy = scratchDirectory();
  await Promise.all([publish(publisher, 51, 1_000), copyDatabases(data, copy)]);
  await stop(served);
  const restored = await serve(copy, CONFIG);
  const events = await history(restored);
  // Events published during the backup are present up to one of them.
  expect(events).toStrictEqual(upTo(Math.max(50, events.length)));
  await stop(restored);
});

async function copyDatabases(from: string, to: string): Promise<void> {
  const files = readdirSync(from, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    const database = new DatabaseSync(join(from, file), { readOnly: true });
    await backup(database, join(to, file));
    database.close();
    const copied = new DatabaseSync(join(to, file), { readOnly: true });
    expect(copied.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    copied.close();
  }
}
