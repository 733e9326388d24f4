/** Makes a golden set: one realm in which every kind of record is stored, the same in each release. */

import { setImmediate } from "node:timers/promises";
import type { MemoryStore } from "../../src/testing/memory-store.ts";
import type { RealmInput } from "../../src/wamp/config/realm.ts";
import { ANYTHING, type Client, TestRealm } from "../wamp/host/test-realm.ts";

/** The records of one realm, as a release of this router has written them. */
export interface GoldenRealm {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly lastId: number;
  /** client → its record, JSON text */
  readonly peers: Readonly<Record<string, string>>;
  readonly retained: readonly { readonly topic: string; readonly at: number; readonly text: string }[];
  readonly logs: readonly GoldenLog[];
  readonly testaments: readonly (readonly [session: number, text: string])[];
  readonly roles: readonly (readonly [name: string, text: string])[];
  readonly parked: readonly (readonly [session: number, entry: number, text: string])[];
  readonly cookie: string;
}

export interface GoldenLog {
  readonly id: number;
  readonly match: "exact" | "prefix" | "wildcard";
  readonly uri: string;
  readonly created: number;
  readonly lines: readonly string[];
}

/** The id in the cookie of `ticket`. */
export const COOKIE_ID = "cookie-of-joe";

const FACTS = {
  peer: "203.0.113.7",
  is_secure: true,
  websocket_protocol: "wamp.2.json",
  http_headers_received: { "user-agent": "test/1.0" },
  http_cbtid: COOKIE_ID,
};
const USER = { name: "user", permissions: [ANYTHING] };
export const GOLDEN_REALM = {
  roles: [
    {
      name: "anonymous",
      permissions: [ANYTHING, { uri: "wamp.edge.", match: "prefix", allow: { call: true } }],
    },
    USER,
    { ...USER, name: "removed" },
  ],
  auth: {
    anonymous: { type: "static", role: "anonymous" },
    ticket: { type: "static", principals: { joe: { ticket: "joes-ticket", role: "user" } } },
    wampcra: { type: "dynamic", authenticator: "com.authenticate" },
    cookie: { max_age: 1000 },
  },
  options: { resume: { time: 60 } },
  store: {
    "event-history": [{ uri: "log.", match: "prefix", limit: 100 }],
    "call-queue": [{ uri: "com.", match: "prefix", limit: 10 }],
  },
} satisfies Partial<RealmInput>;

const CALLEE = {
  callee: {
    features: {
      call_canceling: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      call_timeout: true,
      call_reroute: true,
    },
  },
};
const CALLER = { caller: { features: { progressive_call_invocations: true } }, publisher: {}, subscriber: {} };
const HELLO = { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} } };

/** Milliseconds since the epoch: every time that is stored is realistically long. */
const START = 1_780_000_000_000;

/** Plays the scenario and puts the realm to sleep. */
export async function playScenario(): Promise<TestRealm> {
  const realm = new TestRealm(GOLDEN_REALM);
  realm.time = START;
  realm.lastId = 1_000_000_000_000_000;
  realm.realm.wake([]);
  registerAll(realm);
  realm.advance(10);
  callAll(realm);
  realm.advance(10);
  keepAll(realm);
  realm.sleepAndWake();
  await attempt(realm);
  realm.flush();
  return realm;
}

function registerAll(realm: TestRealm): void {
  const subscriber = realm.join("subscriber");
  subscriber.send(
    [32, 1, {}, "com.topic"],
    [32, 2, { match: "prefix" }, "com.prefix."],
    [32, 3, { match: "wildcard" }, "com..wild"],
    [32, 4, { nkey: "node-1" }, "com.sharded"],
    [32, 5, { match: "prefix" }, "log."],
  );
  const callee = realm.join("callee", CALLEE);
  callee.send(
    [64, 1, {}, "com.plain"],
    [64, 2, { match: "prefix" }, "com.chunks."],
    [64, 3, { invoke: "roundrobin", disclose_caller: true }, "com.shared"],
    [64, 4, { concurrency: 1 }, "com.narrow"],
    [64, 5, { forward_timeout: true }, "com.timed"],
  );
  realm.join("second", CALLEE).send([64, 1, { invoke: "roundrobin" }, "com.shared"]);
  realm.join("authenticator").send([64, 1, {}, "com.authenticate"]);
}

function callAll(realm: TestRealm): void {
  const caller = realm.join("caller", CALLER);
  caller.send(
    [48, 1, {}, "com.plain", ["plain"]],
    [48, 2, { timeout: 30_000 }, "com.timed"],
    [48, 3, { receive_progress: true, progress: true }, "com.chunks.upload", ["first"]],
    [48, 4, {}, "com.shared", ["shared"], { by: "turns" }],
    [48, 5, {}, "com.plain", ["killed"]],
    [49, 5, { mode: "kill" }],
    [48, 6, { receive_progress: true }, "com.chunks.skipped"],
    [49, 6, { mode: "skip" }],
    [48, 7, {}, "com.narrow", ["running"]],
    [48, 8, { timeout: 50_000 }, "com.narrow", ["waiting"], { since: 1.5 }],
    [48, 9, { progress: true }, "com.chunks.refused"],
  );
}

function keepAll(realm: TestRealm): void {
  const publisher = realm.join("publisher");
  publisher.send(
    [16, 1, { retain: true }, "com.kept", ["for all"], { n: 1 }],
    [16, 2, { retain: true, eligible_authrole: ["anonymous"], exclude_me: false }, "com.kept", ["for some"]],
    [16, 3, { retain: true, acknowledge: true }, "com.kept.empty"],
    [16, 4, { disclose_me: true }, "log.one", ["first"]],
    [16, 5, { exclude_authrole: ["user"] }, "log.two", [], { k: "v" }],
    [16, 6, {}, "log.three"],
    [48, 7, {}, "wamp.session.add_testament", ["com.will", ["destroyed"], {}]],
    [48, 8, {}, "wamp.session.add_testament", ["com.will", ["detached"], { a: 1 }], { scope: "detached" }],
    [
      48,
      9,
      {},
      "wamp.edge.role.add",
      ["added", { permissions: [{ uri: "com.", match: "prefix", allow: { call: true } }] }],
    ],
    [48, 10, {}, "wamp.edge.role.remove", ["removed"]],
  );
  const resumable = realm.connect("resumable");
  resumable.send([1, "realm1", { ...HELLO, resumable: true, agent: "test/1.0" }], [32, 1, {}, "com.resumable"]);
  const parked = realm.connect("parked");
  parked.send(
    [1, "realm1", { ...HELLO, resumable: true }],
    [32, 1, {}, "com.parked"],
    [48, 2, {}, "wamp.session.add_testament", ["com.will", ["parked"], {}]],
  );
  parked.disconnect();
  publisher.send([16, 11, {}, "com.parked", ["waits"]], [16, 12, {}, "com.resumable", ["sent"]]);
}

/** Peers in all states besides an anonymous session. */
async function attempt(realm: TestRealm): Promise<void> {
  realm.connect("connected");
  const former = realm.join("former");
  former.send([6, {}, "wamp.close.close_realm"]);
  const ticket = realm.connect("ticket", FACTS);
  ticket.send([1, "realm1", { ...HELLO, authid: "joe", authmethods: ["ticket"] }], [5, "joes-ticket", {}]);
  while (ticket.peer.state.kind === "authenticating") await setImmediate();
  const applicant = { ...HELLO, authid: "joe", authmethods: ["ticket"], resumable: true, agent: "test/1.0" };
  realm.connect("challenged", FACTS).send([1, "realm1", applicant]);
  realm.connect("authenticating", FACTS).send([1, "realm1", { ...HELLO, authid: "eve", authmethods: ["wampcra"] }]);
  const killed = realm.join("closing");
  const [{ id } = { id: 0 }] = killed.peer.state.kind === "open" ? [killed.peer.state.session] : [];
  realm.join("killer").send([48, 1, {}, "wamp.session.kill", [id]]);
  realm.flushOutput();
}

/** Returns what the realm has stored; tokens, ids and times are the same each time. */
export function goldenRealm(realm: TestRealm): GoldenRealm {
  const { store, time, lastId } = realm;
  const { retained, history, testaments, roles, parked, cookies } = store;
  return {
    time,
    lastId,
    peers: Object.fromEntries(realm.clients.map(({ name, record }) => [name, record])),
    retained: [...retained.latest("")],
    logs: history.logs().map((log) => ({ ...log, lines: [...history.read(log.id, 100, false)] })),
    testaments: testaments.owners().map((owner) => [owner, testaments.get(owner)!] as const),
    roles: [...roles.all()],
    parked: parked
      .owners()
      .flatMap((owner) => parked.read(owner).map(([entry, text]) => [owner, entry, text] as const)),
    cookie: cookies.get(COOKIE_ID, time)!,
  };
}

/** A realm on which the realm of a golden set sleeps. */
export function testRealmOf(golden: GoldenRealm): TestRealm & { readonly byName: (name: string) => Client } {
  const realm = new TestRealm(GOLDEN_REALM);
  realm.time = golden.time;
  realm.lastId = golden.lastId;
  realm.lastByte = 100;
  restoreStore(realm.store, golden);
  for (const [name, record] of Object.entries(golden.peers)) realm.connect(name).record = record;
  const byName = (name: string) => realm.clients.find((client) => client.name === name)!;
  return Object.assign(realm, { byName });
}

/** Puts what a golden set has stored beside the records of peers into an empty store. */
export function restoreStore(store: MemoryStore, golden: GoldenRealm): void {
  const { retained, history, testaments, roles, parked } = store;
  for (const row of golden.retained.toReversed()) retained.put(row);
  for (const { id } of history.logs()) history.drop(id);
  for (const { lines, ...log } of golden.logs) {
    history.create(log);
    history.append(log.id, lines, golden.time);
  }
  for (const [session, text] of golden.testaments) testaments.put(session, text);
  for (const [name, text] of golden.roles) roles.put(name, text);
  for (const [session, entry, text] of golden.parked) parked.write(session, entry, text);
}
