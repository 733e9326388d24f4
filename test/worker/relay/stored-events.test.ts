/** Stored and sharded events of a realm over several objects, in their SQLite and across their sleep. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { crash, joinAt, objectOf } from "./objects.ts";

const RELAYS = ["weur.0", "apac.0"] as const;

/** Evicts the core and these relays. */
async function sleep(realm: string, relays: readonly string[]): Promise<void> {
  for (const relay of [undefined, ...relays]) await evictDurableObject(objectOf(realm, relay));
}

describe("a realm with relays", () => {
  it("stores an acknowledged retained event once, at the core, for subscribers of all objects", async () => {
    const realm = "spread-retained";
    const publisher = await joinAt(realm, RELAYS[0]);
    publisher.send([16, 1, { acknowledge: true, retain: true }, "com.state", ["on"]]);
    const [, , publication] = await publisher.next();
    await sleep(realm, [RELAYS[0]]);
    const rows = async (relay?: string) => {
      return await runInDurableObject(objectOf(realm, relay), (_, { storage: { sql } }) => {
        const tables = sql
          .exec("SELECT name FROM sqlite_master WHERE name IN ('retained_event', 'relay_stored')")
          .toArray();
        return tables.map(({ name }) => [name, sql.exec(`SELECT * FROM ${name}`).toArray().length]).sort();
      });
    };
    expect([await rows(), await rows(RELAYS[0])]).toStrictEqual([
      [
        ["relay_stored", 1],
        ["retained_event", 1],
      ],
      [],
    ]);
    for (const relay of [RELAYS[0], RELAYS[1], undefined]) {
      const subscriber = await joinAt(realm, relay);
      subscriber.send([32, 1, { get_retained: true }, "com.state"]);
      expect(await subscriber.next()).toMatchObject([33, 1, expect.any(Number)]);
      expect(await subscriber.next()).toMatchObject([36, expect.any(Number), publication, { retained: true }, ["on"]]);
    }
  });

  it("delivers each acknowledged event of a webhook once, though the core ends before it has handed the event over", async () => {
    const realm = "hooked-spread-1";
    const delivered: unknown[][] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      const body = JSON.parse(String(init?.body));
      if (body.realm === realm) delivered.push([body.topic, body.args[0], body.publication]);
      return new Response();
    });
    vi.spyOn(console, "error").mockImplementation(() => {});
    const publishers = await Promise.all(RELAYS.map((relay) => joinAt(realm, relay)));
    const acknowledged: unknown[][] = [];
    for (let number = 1; number <= 6; number++) {
      for (const [index, publisher] of publishers.entries()) {
        const topic = `com.order.${RELAYS[index]}`;
        publisher.send([16, number, { acknowledge: true }, topic, [number]]);
        const [type, , publication] = await publisher.next();
        expect(type).toBe(17);
        acknowledged.push([topic, number, publication]);
      }
      if (number % 2 === 0) await crash(realm);
    }
    publishers[0]!.send([16, 7, {}, "com.once", ["without a relay"]]);
    await vi.waitFor(() => expect(delivered.length).toBeGreaterThan(acknowledged.length), { timeout: 10_000 });
    for (const relay of RELAYS) {
      const of = (events: unknown[][]) => events.filter(([topic]) => topic === `com.order.${relay}`);
      expect(of(delivered)).toStrictEqual(of(acknowledged));
    }
    vi.restoreAllMocks();
  });

  it("sends an event with a resource key to one node, also after all objects have slept", async () => {
    const realm = "spread-nodes";
    const nodes = [await joinAt(realm, RELAYS[0]), await joinAt(realm, RELAYS[1]), await joinAt(realm)];
    for (const [index, node] of nodes.entries()) {
      node.send([32, 1, { nkey: `node ${index}` }, "com.sensors"]);
      expect(await node.next()).toMatchObject([33, 1, expect.any(Number)]);
    }
    await sleep(realm, RELAYS);
    const publisher = await joinAt(realm, "enam.0");
    const keys = Array.from({ length: 12 }, (_, index) => `sensor ${index}`);
    for (const [index, rkey] of keys.entries()) publisher.send([16, index + 1, { rkey }, "com.sensors", [rkey]]);
    publisher.send([16, keys.length + 1, {}, "com.sensors", ["end"]]);
    const received = await Promise.all(
      nodes.map(async (node) => {
        const events: unknown[] = [];
        for (;;) {
          const [, , , , [key]] = (await node.next()) as unknown as [number, number, number, object, [string]];
          if (key === "end") return events;
          events.push(key);
        }
      }),
    );
    expect(received.flat().sort()).toStrictEqual([...keys].sort());
    expect(received.filter((events) => events.length > 0).length).toBeGreaterThan(1);
  });
});
