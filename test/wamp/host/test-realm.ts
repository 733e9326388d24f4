/** A realm without platform: clients send messages, and every effect of the realm is recorded. */

import { MemoryStore } from "../../../src/testing/memory-store.ts";
import type { RealmConfig, RealmInput } from "../../../src/wamp/config/realm.ts";
import { parseRealm } from "../../../src/wamp/config/realm.ts";
import { type PeerRecord, type SessionRecord, sessionRecord } from "../../../src/wamp/hibernation/peer-record.ts";
import { PEER } from "../../../src/wamp/hibernation/session-record.ts";
import type { AuditRecord } from "../../../src/wamp/host/audit-record.ts";
import type { Host } from "../../../src/wamp/host/host.ts";
import type { LogLine } from "../../../src/wamp/host/log-line.ts";
import type { SendFault, Traffic, Transport, TransportInfo } from "../../../src/wamp/host/transport.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { Realm } from "../../../src/wamp/realm/realm.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";
import type { Peer } from "../../../src/wamp/session/peer.ts";
import { read, write } from "../../../src/wamp/stored-records/stored-record.ts";

/** A message as a plain JSON list, its payload unwrapped. */
export type Line = readonly unknown[];
/** `[client, message]`, or `[client, "closed", code]` when the realm closes the transport. */
export type Entry = readonly [client: string, message: Line] | readonly [client: string, "closed", code: number];

/** The roles of HELLO by default: all of them, without features. */
export const ALL_ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
export const ANYTHING = {
  uri: "",
  match: "prefix",
  allow: { call: true, register: true, publish: true, subscribe: true },
} as const;

/**
 * The host of one realm. Ids and random bytes count up and time stands still until `advance`, so that expectations are
 * literal. By default every client may join as `anonymous` with all permissions (`realmConfig`).
 */
export class TestRealm implements Host {
  realm: Realm;
  /** The effects of the realm, in order. `expect(testRealm.take())` reads and clears it. */
  readonly recording: Entry[] = [];
  /** Milliseconds since the epoch. */
  time = 0;
  /** The time of the alarm; milliseconds since the epoch. */
  alarm: number | undefined;
  /** The last random id; ids are 1, 2, 3 … over all scopes. Set it to repeat an id. */
  lastId = 0;
  /** The byte that filled the last random bytes. Set it to repeat an authid. */
  lastByte = 0;
  /** The audit records, in order. */
  readonly auditTrail: AuditRecord[] = [];
  /** The log lines, in order. */
  readonly logged: LogLine[] = [];
  readonly store = new MemoryStore();
  /** Opens the local sessions of the realm, whenever it wakes. */
  joinLocalSessions: ((realm: Realm) => void) | undefined;
  #config: RealmConfig;
  #isFlushScheduled = false;
  #isStoreScheduled = false;
  /** Whether storage waits for `store` instead of the end of each turn, as under load. */
  isUnderLoad = false;
  #clients: Client[] = [];

  constructor(input: Partial<RealmInput> = {}) {
    this.#config = realmConfig(input);
    this.realm = new Realm(this.#config.name, this.#config, this);
  }

  /** The connected clients. */
  get clients(): readonly Client[] {
    return this.#clients;
  }

  /** Opens a transport. */
  connect(name: string, facts?: TransportInfo): Client {
    const client = new Client(this, name, facts);
    this.#clients.push(client);
    this.flushOutput();
    return client;
  }

  /** Opens a transport and a session; its WELCOME is not recorded. */
  join(name: string, roles: object = ALL_ROLES): Client {
    const client = this.connect(name);
    client.send([1, this.#config.name, { roles }]);
    // The realm may have sent messages to other clients meanwhile.
    const index = this.recording.findLastIndex(([receiver, message]) => receiver === name && message[0] === 2);
    if (index < 0) throw new Error(`no WELCOME but ${JSON.stringify(this.recording.at(-1))}`);
    this.recording.splice(index, 1);
    return client;
  }

  /** Several sessions with all roles. */
  joinAll<Names extends readonly string[]>(...names: Names): { [Index in keyof Names]: Client } {
    return names.map((name) => this.join(name)) as { [Index in keyof Names]: Client };
  }

  /** The recording so far; the next one starts empty. */
  take(): Entry[] {
    return this.recording.splice(0);
  }

  /** The stored record of a session as it would be now. */
  recordOf(sessionId: number): SessionRecord {
    return sessionRecord(this.realm.sessions.byId.get(sessionId)!, this.realm);
  }

  /** Advances the clock and runs each alarm at its time. */
  advance(milliseconds: number): void {
    this.flush();
    const end = this.time + milliseconds;
    while (this.alarm !== undefined && this.alarm <= end) {
      this.time = Math.max(this.time, this.alarm);
      this.alarm = undefined;
      this.realm.tick(this.time);
      this.flushOutput();
    }
    this.time = end;
  }

  /** Sets the configuration for the next wake, as a deployment does. */
  configure(input: Partial<RealmInput>): void {
    this.#config = realmConfig(input);
  }

  /** Puts the object to sleep, so that only saved records remain, and wakes it. */
  sleepAndWake(): void {
    this.flush();
    const sleepers = this.#clients.map(({ transport, record }) => [transport, read(PEER, record)] as const);
    this.realm = new Realm(this.#config.name, this.#config, this);
    const peers = this.realm.wake(sleepers, () => this.joinLocalSessions?.(this.realm));
    for (const [index, client] of this.#clients.entries()) client.peer = peers[index] as Peer;
    this.flushOutput();
  }

  /** Ends the object and all its connections, as in a crash, and starts a new one. */
  restart(input?: Partial<RealmInput>): void {
    for (const { transport } of this.#clients) transport.isDead = true;
    this.#clients = [];
    this.#isFlushScheduled = false;
    this.#isStoreScheduled = false;
    if (input !== undefined) this.#config = realmConfig(input);
    this.realm = new Realm(this.#config.name, this.#config, this);
    this.realm.wake([], () => this.joinLocalSessions?.(this.realm));
  }

  /** Runs `Realm.flush` if it is scheduled. */
  flush(): void {
    const isFlushScheduled = this.#isFlushScheduled;
    this.#isFlushScheduled = false;
    if (isFlushScheduled) this.realm.flush();
  }

  audit(record: AuditRecord): void {
    this.auditTrail.push(record);
  }

  log(line: LogLine): void {
    this.logged.push(line);
  }

  /** Saves the records of changed connections, as the platform does; unreported changes are lost in sleep. */
  flushOutput(): void {
    if (!this.isUnderLoad) this.storeGroup();
    for (const client of this.#clients) client.saveRecord();
  }

  /** Stores the events of several turns together. */
  storeGroup(): void {
    if (this.#isStoreScheduled) this.realm.store();
    this.#isStoreScheduled = false;
  }

  secret(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(32).fill(7);
  }

  fetchJson(url: string): Promise<unknown> {
    return Promise.reject(new Error(`nothing at ${url}`));
  }

  /** Removes a client whose transport is closed. */
  drop(client: Client): void {
    this.#clients = this.#clients.filter((other) => other !== client);
  }

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.time;
  }

  randomId(): number {
    return ++this.lastId;
  }

  randomBytes(length: number): Uint8Array {
    return new Uint8Array(length).fill(++this.lastByte);
  }

  scheduleStore(): void {
    this.#isStoreScheduled = true;
  }

  scheduleFlush(): void {
    this.#isFlushScheduled = true;
  }

  setAlarm(time: number): void {
    this.alarm = Math.min(time, this.alarm ?? time);
  }
}

/** One client of the realm. */
export class Client {
  readonly name: string;
  readonly transport: RecordingTransport;
  /** The last saved record of the peer, as JSON text. */
  record = "";
  readonly #testRealm: TestRealm;

  constructor(testRealm: TestRealm, name: string, facts?: TransportInfo) {
    this.#testRealm = testRealm;
    this.name = name;
    this.transport = new RecordingTransport(name, testRealm);
    const readFacts = facts && (() => facts);
    this.transport.peer = testRealm.realm.sessions.connect(this.transport, facts?.peer, readFacts);
  }

  get peer(): Peer {
    return this.transport.peer!;
  }

  set peer(peer: Peer) {
    this.transport.peer = peer;
  }

  /** Sends messages: lists, or any values for a broken client. */
  send(...messages: unknown[]): void {
    const { realm } = this.#testRealm;
    for (const message of messages) {
      const elements = json.decode(JSON.stringify(message), { depth: 64 });
      if (elements instanceof DecodeFault)
        realm.sessions.abort(this.peer, "wamp.error.protocol_violation", elements.reason);
      else {
        const { taps } = realm.monitor;
        if (taps.isRunning) taps.received(this.peer, elements, JSON.stringify(message), json.name);
        realm.receive(this.peer, elements);
      }
      this.#testRealm.flushOutput();
    }
  }

  /** Ends the connection without a message. */
  disconnect(): void {
    this.transport.isDead = true;
    this.#testRealm.realm.sessions.disconnect(this.peer);
    this.#testRealm.drop(this);
    this.#testRealm.flushOutput();
  }

  /** The last saved record; set it to change the record before a wake. */
  get saved(): PeerRecord {
    const reading = read(PEER, this.record);
    if (!reading.ok) throw new Error(reading.cause);
    return reading.value;
  }

  set saved(record: PeerRecord) {
    this.record = write(PEER, record);
  }

  /** The session in the last saved record. */
  get savedSession(): SessionRecord {
    const { saved } = this;
    if (saved.kind !== "open") throw new Error(`${this.name} has no session`);
    return saved.session;
  }

  /** Changes the session in the last saved record before a wake. */
  alterSession(changes: Partial<SessionRecord>): void {
    this.saved = { kind: "open", facts: this.saved.facts, session: { ...this.savedSession, ...changes } };
  }

  saveRecord(): void {
    if (!this.transport.isChanged) return;
    this.transport.isChanged = false;
    this.record = write(PEER, this.#testRealm.realm.record(this.peer));
  }
}

class RecordingTransport implements Transport {
  /** Whether the connection is lost; the realm may not know yet. */
  isDead = false;
  /** Characters of the longest message that the connection can send. */
  maxLength = Number.POSITIVE_INFINITY;
  isChanged = false;
  /** What the connection has carried, if a test says so. */
  traffic: Traffic | undefined;
  /** Whether the client does not read. */
  isBehind = false;
  peer: Peer | undefined;
  #isClosed = false;
  readonly #name: string;
  readonly #testRealm: TestRealm;

  constructor(name: string, testRealm: TestRealm) {
    this.#name = name;
    this.#testRealm = testRealm;
  }

  send(message: RouterMessage): SendFault | undefined {
    const text = json.encode(message) as string;
    if (this.#isClosed) throw new Error(`${this.#name} is sent ${text} after its transport was closed`);
    if (this.isDead) return "closed";
    if (text.length > this.maxLength) return "too large";
    const { counters, taps } = this.#testRealm.realm.monitor;
    counters.countSent(message);
    this.#testRealm.recording.push([this.#name, JSON.parse(text)]);
    if (taps.isRunning) taps.sent(this.peer, message, text, json.name);
    return undefined;
  }

  close(code: number): void {
    this.#testRealm.recording.push([this.#name, "closed", code]);
    this.#isClosed = true;
  }

  save(): void {
    this.isChanged = true;
  }
}

/** The entries of a client whose session or handshake is aborted and whose transport is closed. */
export function aborted(client: string, uri: string, code: number, message: string): Entry[] {
  return [
    [client, [3, { message }, uri]],
    [client, "closed", code],
  ];
}

/** The entries of a client that breaks the protocol. */
export function violated(client: string, message: string): Entry[] {
  return aborted(client, "wamp.error.protocol_violation", 1002, message);
}

/** A realm that admits every client and allows every action, changed by `input`. */
export function realmConfig(input: Partial<RealmInput> = {}): RealmConfig {
  const parsed = parseRealm({
    name: "realm1",
    roles: [{ name: "anonymous", permissions: [ANYTHING] }],
    auth: { anonymous: { type: "static", role: "anonymous" } },
    ...input,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}
