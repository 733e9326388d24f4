/** What a golden set is made from: one realm in which every kind of record is stored, the same in each release. */

import { setImmediate } from "node:timers/promises";
import type { RealmInput } from "../../src/wamp/config/realm.ts";
import { ANYTHING, type Client, Stage } from "../wamp/host/recording-host.ts";

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
export async function playScenario(): Promise<Stage> {
  const stage = new Stage(GOLDEN_REALM);
  stage.time = START;
  stage.lastId = 1_000_000_000_000_000;
  stage.realm.wake([]);
  registerAll(stage);
  stage.advance(10);
  callAll(stage);
  stage.advance(10);
  keepAll(stage);
  stage.sleepAndWake();
  await attempt(stage);
  stage.settle();
  return stage;
}

function registerAll(stage: Stage): void {
  const subscriber = stage.join("subscriber");
  subscriber.send(
    [32, 1, {}, "com.topic"],
    [32, 2, { match: "prefix" }, "com.prefix."],
    [32, 3, { match: "wildcard" }, "com..wild"],
    [32, 4, { nkey: "node-1" }, "com.sharded"],
    [32, 5, { match: "prefix" }, "log."],
  );
  const callee = stage.join("callee", CALLEE);
  callee.send(
    [64, 1, {}, "com.plain"],
    [64, 2, { match: "prefix" }, "com.chunks."],
    [64, 3, { invoke: "roundrobin", disclose_caller: true }, "com.shared"],
    [64, 4, { concurrency: 1 }, "com.narrow"],
    [64, 5, { forward_timeout: true }, "com.timed"],
  );
  stage.join("second", CALLEE).send([64, 1, { invoke: "roundrobin" }, "com.shared"]);
  stage.join("authenticator").send([64, 1, {}, "com.authenticate"]);
}

function callAll(stage: Stage): void {
  const caller = stage.join("caller", CALLER);
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

function keepAll(stage: Stage): void {
  const publisher = stage.join("publisher");
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
  const resumable = stage.connect("resumable");
  resumable.send([1, "realm1", { ...HELLO, resumable: true, agent: "test/1.0" }], [32, 1, {}, "com.resumable"]);
  const parked = stage.connect("parked");
  parked.send(
    [1, "realm1", { ...HELLO, resumable: true }],
    [32, 1, {}, "com.parked"],
    [48, 2, {}, "wamp.session.add_testament", ["com.will", ["parked"], {}]],
  );
  parked.disconnect();
  publisher.send([16, 11, {}, "com.parked", ["waits"]], [16, 12, {}, "com.resumable", ["sent"]]);
}

/** Peers in every state there is besides an anonymous session. */
async function attempt(stage: Stage): Promise<void> {
  stage.connect("connected");
  const former = stage.join("former");
  former.send([6, {}, "wamp.close.close_realm"]);
  const ticket = stage.connect("ticket", FACTS);
  ticket.send([1, "realm1", { ...HELLO, authid: "joe", authmethods: ["ticket"] }], [5, "joes-ticket", {}]);
  while (ticket.peer.state.kind === "authenticating") await setImmediate();
  const applicant = { ...HELLO, authid: "joe", authmethods: ["ticket"], resumable: true, agent: "test/1.0" };
  stage.connect("challenged", FACTS).send([1, "realm1", applicant]);
  stage.connect("authenticating", FACTS).send([1, "realm1", { ...HELLO, authid: "eve", authmethods: ["wampcra"] }]);
  const killed = stage.join("closing");
  const [{ id } = { id: 0 }] = killed.peer.state.kind === "open" ? [killed.peer.state.session] : [];
  stage.join("killer").send([48, 1, {}, "wamp.session.kill", [id]]);
  stage.endTurn();
}

/** What the realm has stored; tokens, ids and times are the same each time. */
export function goldenRealm(stage: Stage): GoldenRealm {
  const { store, time, lastId } = stage;
  const { retained, history, testaments, roles, parked, cookies } = store;
  return {
    time,
    lastId,
    peers: Object.fromEntries(stage.clients.map(({ name, record }) => [name, record])),
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

/** A stage on which the realm of a golden set sleeps. */
export function stageOf(golden: GoldenRealm): Stage & { readonly byName: (name: string) => Client } {
  const stage = new Stage(GOLDEN_REALM);
  stage.time = golden.time;
  stage.lastId = golden.lastId;
  stage.lastByte = 100;
  const { retained, history, testaments, roles, parked } = stage.store;
  for (const row of golden.retained.toReversed()) retained.put(row);
  for (const { id } of history.logs()) history.drop(id);
  for (const { lines, ...log } of golden.logs) {
    history.create(log);
    history.append(log.id, lines, golden.time);
  }
  for (const [session, text] of golden.testaments) testaments.put(session, text);
  for (const [name, text] of golden.roles) roles.put(name, text);
  for (const [session, entry, text] of golden.parked) parked.write(session, entry, text);
  for (const [name, record] of Object.entries(golden.peers)) stage.connect(name).record = record;
  const byName = (name: string) => stage.clients.find((client) => client.name === name)!;
  return Object.assign(stage, { byName });
}
