/** Stored records that cannot be read: they are set aside and logged, nothing of them is removed, and all others go on. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type GoldenRealm, stageOf } from "../../golden/scenario.ts";
import type { Stage } from "../host/recording-host.ts";

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
  const stage = stageOf({ ...GOLDEN, ...changes });
  stage.sleepAndWake();
  return stage;
}

function unreadable({ logged }: Stage) {
  return logged.filter(({ event }) => event === "record.unreadable");
}

/** A session that has nothing to do with the record is served. */
function expectService(stage: ReturnType<typeof stageOf>): void {
  stage.take();
  stage.byName("subscriber").send([32, 90, {}, "com.other"]);
  stage.byName("killer").send([16, 91, {}, "com.topic"], [48, 92, {}, "com.shared"]);
  expect(stage.take().map(([name, message]) => [name, message[0]])).toEqual([
    ["subscriber", 33],
    ["subscriber", 36],
    ["second", 68],
  ]);
}

type Change = (text: string) => string;

describe.each(FAULTS)("a record that %s", (_, change: Change) => {
  test("of a peer closes its connection with 1012", () => {
    const stage = wake({ peers: { ...GOLDEN.peers, publisher: change(GOLDEN.peers.publisher!) } });
    expect(unreadable(stage)).toMatchObject([{ kind: "peer" }]);
    expect(stage.take()).toContainEqual(["publisher", "closed", 1012]);
    expectService(stage);
  });

  test.each([0, 1])("of a parked session stays in storage: its text %i", (index) => {
    const parked = GOLDEN.parked.map((row, at) => (at === index ? ([row[0], row[1], change(row[2])] as const) : row));
    const stage = wake({ parked });
    expect(unreadable(stage)).toMatchObject([{ kind: "parked", session: PARKED }]);
    expect(stage.store.parked.read(PARKED)).toEqual(parked.map(([, entry, text]) => [entry, text]));
    expectService(stage);
  });

  test("of testaments stays in storage, whether their session is there or gone", () => {
    const testaments = GOLDEN.testaments.map(([owner, text]) => [owner, change(text)] as const);
    const stage = wake({ testaments, parked: [] });
    const publisher = stage.byName("publisher");
    publisher.send([48, 50, {}, "wamp.session.add_testament", ["com.will", ["another"], {}]]);
    publisher.send([48, 51, {}, "wamp.session.flush_testaments", []]);
    expect(stage.take().filter(([name]) => name === "publisher")).toMatchObject([
      ["publisher", [8, 48, 50, {}, "wamp.error.unavailable", expect.any(Array)]],
      ["publisher", [50, 51, {}]],
    ]);
    publisher.disconnect();
    expect(unreadable(stage)).toMatchObject([
      { kind: "testament", session: PARKED },
      { kind: "testament", session: PUBLISHER },
    ]);
    expect(testaments.map(([owner]) => [owner, stage.store.testaments.get(owner)])).toEqual(testaments);
    expectService(stage);
  });

  test("of a role leaves that role nothing, and stays in storage", () => {
    const roles = GOLDEN.roles.map(([name, text]) => [name, name === "added" ? change(text) : text] as const);
    const stage = wake({ roles });
    expect(unreadable(stage)).toMatchObject([{ kind: "role", role: "added" }]);
    expect(stage.store.roles.all()).toEqual(roles);
    expectService(stage);
  });

  test("of an event is left out of the history, and stays in it", () => {
    const [log] = GOLDEN.logs as [GoldenRealm["logs"][number]];
    const lines = log.lines.map((line, index) => (index === 1 ? change(line) : line));
    const stage = wake({ logs: [{ ...log, lines }] });
    stage.take();
    stage.byName("killer").send([48, 5, {}, "wamp.subscription.get_events", [log.id]]);
    const [[, answer]] = stage.take() as [[string, unknown[]]];
    expect((answer[3] as { details: { topic: string } }[]).map(({ details }) => details.topic)).toEqual([
      "log.one",
      "log.three",
    ]);
    expect(unreadable(stage)).toMatchObject([{ kind: "event", uri: "log.", count: 1 }]);
    expect([...stage.store.history.read(log.id, 100, false)]).toEqual(lines);
    expectService(stage);
  });

  test("of retained events is not sent, and stays in storage", () => {
    const retained = GOLDEN.retained.map((row) =>
      row.topic === "com.kept" ? { ...row, text: change(row.text) } : row,
    );
    const stage = wake({ retained });
    stage.take();
    stage.byName("killer").send([32, 5, { match: "prefix", get_retained: true }, "com.kept"]);
    expect(stage.take().map(([, message]) => message[0])).toEqual([33, 36]);
    expect(unreadable(stage)).toMatchObject([{ kind: "retained", topic: "com.kept" }]);
    expect([...stage.store.retained.latest("")]).toEqual(retained);
    expectService(stage);
  });

  test("of a cookie lets its browser log in anew", () => {
    const stage = stageOf(GOLDEN);
    stage.store.cookies.put("cookie-of-joe", change(GOLDEN.cookie), GOLDEN.time + 1000, GOLDEN.time);
    stage.sleepAndWake();
    const facts = { is_secure: true, websocket_protocol: "wamp.2.json", http_headers_received: {} };
    const browser = stage.connect("browser", { ...facts, http_cbtid: "cookie-of-joe" });
    browser.send([1, "realm1", { roles: { caller: {} }, authmethods: ["cookie", "anonymous"] }]);
    expect(stage.take()).toMatchObject(
      expect.arrayContaining([["browser", [2, expect.any(Number), expect.any(Object)]]]),
    );
    expect(unreadable(stage)).toMatchObject([{ kind: "cookie" }]);
    expectService(stage);
  });
});

test("a row of a log that cannot be read stays in storage with its events", () => {
  const [log] = GOLDEN.logs as [GoldenRealm["logs"][number]];
  const stage = wake({ logs: [{ ...log, match: "fuzzy" as "exact" }] });
  expect(unreadable(stage)).toMatchObject([{ kind: "log", uri: "log." }]);
  expect([...stage.store.history.read(log.id, 100, false)]).toEqual(log.lines);
});
