/**
 * Golden records: this code continues with the records in test/golden, which releases have written (docs/upgrading.md).
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FORMATS } from "../../../src/wamp/stored-records/stored-formats.ts";
import { type GoldenRealm, goldenRealm, playScenario, testRealmOf } from "../../golden/scenario.ts";
import { routerError } from "../host/router-errors.ts";
import type { TestRealm } from "../host/test-realm.ts";

const FOLDER = "test/golden";

/** The golden set of the current formats is named after them. */
const CURRENT = `formats-${Math.max(...Object.values(FORMATS))}.json`;

const sets = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

function setNamed(name: string): GoldenRealm & { readonly formats?: object } {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
}

test("what is written has the form of the current golden set; a new form needs new format numbers and a new set", async () => {
  const written = { formats: FORMATS, ...goldenRealm(await playScenario()) };
  if (process.env.GOLDEN === "write" && !sets.includes(CURRENT)) {
    writeFileSync(`${FOLDER}/${CURRENT}`, `${JSON.stringify(written, null, 2)}\n`);
  }
  expect(formOf(written)).toEqual(formOf(setNamed(CURRENT)));
});

/** Replaces values by their types, also within JSON texts. */
function formOf(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith('{"v":') ? formOf(JSON.parse(value)) : "text";
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, formOf(own)]));
}

function unreadableIn({ logged }: TestRealm): unknown[] {
  return logged.filter(({ event }) => event === "record.unreadable");
}

/** The messages of one client since the last call. */
function received(realm: TestRealm, name: string): unknown[] {
  return realm
    .take()
    .flatMap(([receiver, ...entry]) => (receiver === name ? [entry.length === 1 ? entry[0] : entry] : []));
}

describe.each(sets)("a realm that wakes on %s", (name) => {
  const golden = setNamed(name);
  const id = (offset: number) => 1_000_000_000_000_000 + offset;

  function wake() {
    const realm = testRealmOf(golden);
    realm.sleepAndWake();
    return realm;
  }

  test("sets no record aside and closes nothing but the attempt that sleep has broken off", () => {
    const realm = wake();
    expect(unreadableIn(realm)).toEqual([]);
    expect(realm.take()).toEqual([
      ["authenticating", [3, expect.any(Object), "wamp.error.authentication_failed"]],
      ["authenticating", "closed", 1000],
    ]);
  });

  test("has its subscriptions, each under its id", () => {
    const realm = wake();
    realm.take();
    const publisher = realm.byName("publisher");
    publisher.send([16, 20, {}, "com.topic"], [16, 21, {}, "com.prefix.a"], [16, 22, {}, "com.a.wild"]);
    publisher.send([16, 23, { rkey: "any" }, "com.sharded"]);
    expect(received(realm, "subscriber")).toMatchObject([
      [36, id(2), expect.any(Number), {}],
      [36, id(3), expect.any(Number), { topic: "com.prefix.a" }],
      [36, id(4), expect.any(Number), { topic: "com.a.wild" }],
      [36, id(5), expect.any(Number), {}],
    ]);
  });

  test("has its registrations, with their policies and turns", () => {
    const realm = wake();
    realm.take();
    const caller = realm.byName("killer");
    caller.send([48, 1, {}, "com.shared"], [48, 2, {}, "com.shared"], [48, 3, { timeout: 5 }, "com.timed"]);
    expect(realm.take()).toMatchObject([
      ["second", [68, 1, id(9), {}]],
      ["callee", [68, 8, id(9), { caller: id(35) }]],
      ["callee", [68, 9, id(11), { timeout: 5 }]],
    ]);
  });

  test("goes on with pending, waiting, rerouted and progressive calls", () => {
    const realm = wake();
    realm.take();
    const callee = realm.byName("callee");
    callee.send([70, 1, {}, ["done"]], [70, 3, { progress: true }, ["part"]], [8, 68, 4, {}, "wamp.error.unavailable"]);
    callee.send([8, 68, 5, {}, "com.killed"], [70, 6, { progress: true }], [70, 7, {}]);
    realm.byName("caller").send([48, 3, {}, "com.chunks.upload", ["last"]], [48, 9, {}, "com.chunks.refused"]);
    expect(realm.take()).toEqual([
      ["caller", [50, 1, {}, ["done"]]],
      ["caller", [50, 3, { progress: true }, ["part"]]],
      ["second", [68, 1, id(9), {}, ["shared"], { by: "turns" }]],
      ["caller", [8, 48, 5, {}, "com.killed"]],
      ["callee", [69, 6, { mode: "killnowait" }]],
      ["callee", [68, 8, id(10), {}, ["waiting"], { since: 1.5 }]],
      ["caller", [50, 7, {}]],
      ["callee", [68, 3, id(8), { procedure: "com.chunks.upload", receive_progress: true }, ["last"]]],
    ]);
  });

  test("times out its calls", () => {
    const realm = wake();
    realm.byName("callee").send([70, 7, {}]);
    realm.take();
    realm.advance(50_000);
    expect(received(realm, "caller")).toEqual([[8, 48, 8, {}, ...routerError("wamp.error.timeout")]]);
  });

  test("goes on with logins", async () => {
    const realm = wake();
    realm.take();
    realm.byName("connected").send([1, "realm1", { roles: { caller: {} } }]);
    expect(received(realm, "connected")).toMatchObject([[2, expect.any(Number), { authrole: "anonymous" }]]);
    const challenged = realm.byName("challenged");
    challenged.send([5, "joes-ticket", {}]);
    while (challenged.peer.state.kind === "authenticating") await setImmediate();
    const welcome = { authid: "joe", authrole: "user", authmethod: "ticket", resumable: true };
    expect(received(realm, "challenged")).toMatchObject([[2, id(31), welcome]]);
    realm.advance(10_000);
    expect(realm.take()).toEqual([
      ["closing", "closed", 1000],
      ["former", "closed", 1000],
    ]);
  });

  test("knows the identity behind a cookie", () => {
    const realm = testRealmOf(golden);
    realm.store.cookies.put("cookie-of-joe", golden.cookie, golden.time + 1000, golden.time);
    realm.sleepAndWake();
    realm.take();
    const facts = { is_secure: true, websocket_protocol: "wamp.2.json", http_headers_received: {} };
    const browser = realm.connect("browser", { ...facts, http_cbtid: "cookie-of-joe" });
    browser.send([1, "realm1", { roles: { caller: {} }, authmethods: ["cookie"] }]);
    expect(received(realm, "browser")).toMatchObject([[2, expect.any(Number), { authid: "joe", authrole: "user" }]]);
  });

  test("has its parked session, with what waits for it, and its connected one that can be resumed", () => {
    const realm = wake();
    realm.take();
    const parked = JSON.parse(golden.peers.resumable!);
    const tokens = [
      [25, "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo="],
      [23, "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg="],
    ] as const;
    expect(JSON.stringify(parked)).toContain(tokens[1][1]);
    for (const [offset, token] of tokens) {
      const client = realm.connect("back");
      const wish = { resumable: true, "resume-session": id(offset), "resume-token": token };
      client.send([1, "realm1", { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} }, ...wish }]);
    }
    expect(received(realm, "back")).toMatchObject([
      [2, id(25), { resumed: true }],
      [36, id(26), id(27), {}, ["waits"]],
      [2, id(23), { resumed: true }],
    ]);
  });

  test("publishes the testaments of those that leave and of those that did not come back", () => {
    const realm = wake();
    realm.take();
    realm.byName("subscriber").send([32, 9, {}, "com.will"]);
    realm.byName("publisher").disconnect();
    const lostForever = testRealmOf({ ...golden, peers: { subscriber: golden.peers.subscriber! }, parked: [] });
    expect(received(realm, "subscriber").slice(1)).toMatchObject([
      [36, expect.any(Number), expect.any(Number), {}, ["detached"], { a: 1 }],
      [36, expect.any(Number), expect.any(Number), {}, ["destroyed"]],
    ]);
    lostForever.sleepAndWake();
    expect(lostForever.store.testaments.owners()).toEqual([]);
    expect(unreadableIn(lostForever)).toEqual([]);
  });

  test("has its history, its retained events and its changed roles", () => {
    const realm = wake();
    realm.take();
    const reader = realm.byName("subscriber");
    reader.send(
      [48, 1, {}, "wamp.subscription.get_events", [1]],
      [32, 2, { get_retained: true, match: "prefix" }, "com.k"],
    );
    reader.send([48, 3, {}, "wamp.edge.role.list"]);
    const [history, , ...rest] = received(realm, "subscriber") as unknown[][];
    expect(history?.[3]).toMatchObject([
      { args: ["first"], details: { topic: "log.one", publisher: id(16) } },
      { kwargs: { k: "v" }, details: { topic: "log.two" } },
      { details: { topic: "log.three" } },
    ]);
    expect(rest).toMatchObject([
      [36, expect.any(Number), id(18), { retained: true }, ["for some"]],
      [36, expect.any(Number), id(19), { retained: true }],
      [50, 3, {}, [["added", "anonymous", "user"]]],
    ]);
  });
});
