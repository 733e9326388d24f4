/** A realm of one object that gets relays goes on with the records in test/golden, which releases have written. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PEER } from "../../../src/wamp/hibernation/session-record.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { read } from "../../../src/wamp/stored-records/stored-record.ts";
import { GOLDEN_REALM, type GoldenRealm, restoreStore } from "../../golden/scenario.ts";
import { RecordingTransport, RelayedRealm } from "./relayed-realm.ts";

const FOLDER = "test/golden";
const sets = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

const id = (offset: number): number => 1_000_000_000_000_000 + offset;

/** The sessions of the golden set are those of the core. */
function wake(name: string) {
  const golden: GoldenRealm = JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
  const realm = new RelayedRealm(2, GOLDEN_REALM);
  const { core, world } = realm;
  world.time.now = golden.time;
  restoreStore(core.host.store, golden);
  const clients = new Map<string, RecordingTransport>();
  for (const [client, text] of Object.entries(golden.peers)) {
    const reading = read(PEER, text);
    if (!reading.ok) throw new Error(reading.cause);
    const transport = new RecordingTransport();
    transport.record = reading.value;
    clients.set(client, transport);
    // The peer is made of the record.
    core.peers.set(transport, { state: { kind: "closed" } } as never);
  }
  core.sleepAndWake();
  realm.deliver();
  const received = (client: string): unknown[] => clients.get(client)!.received.splice(0);
  const send = (client: string, message: readonly unknown[]): void => {
    core.take(clients.get(client)!, json.decode(JSON.stringify(message), { depth: 64 }) as unknown[]);
    realm.deliver();
  };
  return { realm, received, send };
}

describe.each(sets)("a realm that wakes on %s with relays", (name) => {
  test("sets no record aside", () => {
    const { realm } = wake(name);
    expect(realm.core.host.logged.filter(({ event }) => event === "record.unreadable")).toStrictEqual([]);
  });

  test("passes events of relays to the subscriptions, under their ids", () => {
    const { realm, received } = wake(name);
    const publisher = realm.join(1);
    publisher.send([16, 1, {}, "com.topic"], [16, 2, {}, "com.prefix.a"], [16, 3, {}, "com.a.wild"]);
    publisher.send([16, 4, { rkey: "any" }, "com.sharded"]);
    expect(received("subscriber")).toMatchObject([
      [36, id(2), expect.any(Number), {}],
      [36, id(3), expect.any(Number), { topic: "com.prefix.a" }],
      [36, id(4), expect.any(Number), { topic: "com.a.wild" }],
      [36, id(5), expect.any(Number), {}],
    ]);
  });

  test("serves calls of relays by the registrations, with their policies and turns", () => {
    const { realm, received } = wake(name);
    const caller = realm.join(2);
    caller.send([48, 1, {}, "com.shared"], [48, 2, {}, "com.shared"], [48, 3, { timeout: 5 }, "com.timed"]);
    expect(received("second")).toMatchObject([[68, 1, id(9), {}]]);
    expect(received("callee")).toMatchObject([
      [68, 8, id(9), {}],
      [68, 9, id(11), { timeout: 5 }],
    ]);
  });

  test("shows relays its history, its retained events, its sessions and its changed roles", () => {
    const { realm } = wake(name);
    const reader = realm.join(1);
    reader.send(
      [32, 1, { get_retained: true, match: "prefix" }, "com.k"],
      [48, 2, {}, "wamp.session.get", [id(16)]],
      [48, 3, {}, "wamp.subscription.get_events", [realm.core.realm.broker.subscriptions.get("prefix", "log.")!.id]],
    );
    expect(reader.take()).toMatchObject([
      [33, 1, expect.any(Number)],
      [36, expect.any(Number), id(18), { retained: true }, ["for some"]],
      [36, expect.any(Number), id(19), { retained: true }],
      [50, 2, {}, [{ session: id(16) }]],
      [50, 3, {}, [{ args: ["first"] }, { kwargs: { k: "v" } }, { details: { topic: "log.three" } }]],
    ]);
  });

  test("goes on with calls that were open, and those of its own sessions reach callees of relays", () => {
    const { realm, received, send } = wake(name);
    const callee = realm.join(1);
    callee.send([64, 1, {}, "com.new"]);
    send("callee", [70, 1, {}]);
    send("killer", [48, 9, {}, "com.new"]);
    expect(callee.take()).toMatchObject([
      [65, 1, expect.any(Number)],
      [68, 1, expect.any(Number), {}],
    ]);
    callee.send([70, 1, {}]);
    expect([received("caller"), received("killer")]).toMatchObject([[[50, 1, {}]], [[50, 9, {}]]]);
  });
});
