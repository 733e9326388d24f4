/** Stored records that cannot be read: they are skipped and logged, stay in storage, and affect no other record. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type GoldenRealm, testRealmOf } from "../../golden/scenario.ts";
import type { TestRealm } from "../host/test-realm.ts";

const GOLDEN: GoldenRealm = JSON.parse(readFileSync("test/golden/formats-2.json", "utf8"));
const PUBLISHER = 1_000_000_000_000_016;
const PARKED = 1_000_000_000_000_025;

/** The ways in which a text cannot be read. */
const FAULTS = [
  ["is not JSON", (text: string) => text.slice(1)],
  ["is of a newer format", (text: string) => text.replaceAll('"v":2', '"v":3')],
  ["has a list for an object", () => '{"v":2,"e":{},"s":[],"m":7,"all":{},"role":[],"identity":[],"owner":[]}'],
  ["is of format 1, and cut short", () => '{"owner":{},"kind":"open"}'],
] as const;

/** The golden realm, awake, with one kind of record changed. */
function wake(changes: Partial<GoldenRealm>) {
  const realm = testRealmOf({ ...GOLDEN, ...changes });
  realm.sleepAndWake();
  return realm;
}

function unreadable({ logged }: TestRealm) {
  return logged.filter(({ event }) => event === "record.unreadable");
}

/** A session without connection to the record is served. */
function expectService(realm: ReturnType<typeof testRealmOf>): void {
  realm.take();
  realm.byName("subscriber").send([32, 90, {}, "com.other"]);
  realm.byName("killer").send([16, 91, {}, "com.topic"], [48, 92, {}, "com.shared"]);
  expect(realm.take().map(([name, message]) => [name, message[0]])).toEqual([
    ["subscriber", 33],
    ["subscriber", 36],
    ["second", 68],
  ]);
}

type Change = (text: string) => string;

describe.each(FAULTS)("a record that %s", (_, change: Change) => {
  test("of a peer closes its connection with 1012", () => {
    const realm = wake({ peers: { ...GOLDEN.peers, publisher: change(GOLDEN.peers.publisher!) } });
    expect(unreadable(realm)).toMatchObject([{ kind: "peer" }]);
    expect(realm.take()).toContainEqual(["publisher", "closed", 1012]);
    expectService(realm);
  });

  test.each([0, 1])("of a parked session stays in storage: its text %i", (index) => {
    const parked = GOLDEN.parked.map((row, at) => (at === index ? ([row[0], row[1], change(row[2])] as const) : row));
    const realm = wake({ parked });
    expect(unreadable(realm)).toMatchObject([{ kind: "parked", session: PARKED }]);
    expect(realm.store.parked.read(PARKED)).toEqual(parked.map(([, entry, text]) => [entry, text]));
    expectService(realm);
  });

  test("of testaments stays in storage, whether their session is there or gone", () => {
    const testaments = GOLDEN.testaments.map(([owner, text]) => [owner, change(text)] as const);
    const realm = wake({ testaments, parked: [] });
    const publisher = realm.byName("publisher");
    publisher.send([48, 50, {}, "wamp.session.add_testament", ["com.will", ["another"], {}]]);
    publisher.send([48, 51, {}, "wamp.session.flush_testaments", []]);
    expect(realm.take().filter(([name]) => name === "publisher")).toMatchObject([
      ["publisher", [8, 48, 50, {}, "wamp.error.unavailable", expect.any(Array)]],
      ["publisher", [50, 51, {}]],
    ]);
    publisher.disconnect();
    expect(unreadable(realm)).toMatchObject([
      { kind: "testament", session: PARKED },
      { kind: "testament", session: PUBLISHER },
    ]);
    expect(testaments.map(([owner]) => [owner, realm.store.testaments.get(owner)])).toEqual(testaments);
    expectService(realm);
  });

  test("of a role leaves that role without permissions, and stays in storage", () => {
    const roles = GOLDEN.roles.map(([name, text]) => [name, name === "added" ? change(text) : text] as const);
    const realm = wake({ roles });
    expect(unreadable(realm)).toMatchObject([{ kind: "role", role: "added" }]);
    expect(realm.store.roles.all()).toEqual(roles);
    expectService(realm);
  });

  test("of an event is left out of the history, and stays in it", () => {
    const [log] = GOLDEN.logs as [GoldenRealm["logs"][number]];
    const lines = log.lines.map((line, index) => (index === 1 ? change(line) : line));
    const realm = wake({ logs: [{ ...log, lines }] });
    realm.take();
    realm.byName("killer").send([48, 5, {}, "wamp.subscription.get_events", [log.id]]);
    const [[, answer]] = realm.take() as [[string, unknown[]]];
    expect((answer[3] as { details: { topic: string } }[]).map(({ details }) => details.topic)).toEqual([
      "log.one",
      "log.three",
    ]);
    expect(unreadable(realm)).toMatchObject([{ kind: "event", uri: "log.", count: 1 }]);
    expect([...realm.store.history.read(log.id, 100, false)]).toEqual(lines);
    expectService(realm);
  });

  test("of retained events is not sent, and stays in storage", () => {
    const retained = GOLDEN.retained.map((row) =>
      row.topic === "com.kept" ? { ...row, text: change(row.text) } : row,
    );
    const realm = wake({ retained });
    realm.take();
    realm.byName("killer").send([32, 5, { match: "prefix", get_retained: true }, "com.kept"]);
    expect(realm.take().map(([, message]) => message[0])).toEqual([33, 36]);
    expect(unreadable(realm)).toMatchObject([{ kind: "retained", topic: "com.kept" }]);
    expect([...realm.store.retained.latest("")]).toEqual(retained);
    expectService(realm);
  });

  test("of a cookie makes its browser log in again", () => {
    const realm = testRealmOf(GOLDEN);
    realm.store.cookies.put("cookie-of-joe", change(GOLDEN.cookie), GOLDEN.time + 1000, GOLDEN.time);
    realm.sleepAndWake();
    const facts = { is_secure: true, websocket_protocol: "wamp.2.json", http_headers_received: {} };
    const browser = realm.connect("browser", { ...facts, http_cbtid: "cookie-of-joe" });
    browser.send([1, "realm1", { roles: { caller: {} }, authmethods: ["cookie", "anonymous"] }]);
    expect(realm.take()).toMatchObject(
      expect.arrayContaining([["browser", [2, expect.any(Number), expect.any(Object)]]]),
    );
    expect(unreadable(realm)).toMatchObject([{ kind: "cookie" }]);
    expectService(realm);
  });
});

test("a row of a log that cannot be read stays in storage with its events", () => {
  const [log] = GOLDEN.logs as [GoldenRealm["logs"][number]];
  const realm = wake({ logs: [{ ...log, match: "fuzzy" as "exact" }] });
  expect(unreadable(realm)).toMatchObject([{ kind: "log", uri: "log." }]);
  expect([...realm.store.history.read(log.id, 100, false)]).toEqual(log.lines);
});
