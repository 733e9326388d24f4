/** A realm in memory from one sleep to the next, and the host that it runs on. */

import type { Channel, ChannelReceiver } from "../client/channel.ts";
import type { AuditRecord } from "../wamp/host/audit-record.ts";
import { earliest } from "../wamp/host/deadlines.ts";
import type { Host } from "../wamp/host/host.ts";
import type { LogLine } from "../wamp/host/log-line.ts";
import type { TransportInfo } from "../wamp/host/transport.ts";
import { CLIENT_ROLES } from "../wamp/local/client-session.ts";
import type { Components } from "../wamp/local/component.ts";
import { idFromRandom } from "../wamp/protocol/id.ts";
import type { Dict, Id, Uri } from "../wamp/protocol/values.ts";
import { Realm } from "../wamp/realm/realm.ts";
import type { Identity } from "../wamp/session/session.ts";
import { ComponentHost } from "../worker/components/component-host.ts";
import type { WorkerRealmConfig } from "../worker/config/realm-config.ts";
import { fetchJson } from "../worker/platform/fetch-json.ts";
import { type MemoryConnection, MemoryTransport, receiveText, TRANSPORT_INFO } from "./memory-connection.ts";
import type { MemoryStore } from "./memory-store.ts";
import { realTime } from "./real-time.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What outlives the sleeps and restarts of a realm. */
export interface MemoryWorld {
  readonly name: Uri;
  readonly config: WorkerRealmConfig;
  readonly components: Components;
  /** Bindings. */
  readonly env: Dict;
  /** Requests go nowhere without it. */
  readonly fetch: typeof fetch | undefined;
  readonly random: SeededRandom;
  readonly store: MemoryStore;
  readonly logs: LogLine[];
  readonly audit: AuditRecord[];
  /** Milliseconds since the epoch. */
  time: number;
  /** Counts what happens, so that a change tells whether anything has. */
  traffic: number;
}

/** Bytes of the realm's secret. */
const SECRET = new Uint8Array(32).fill(7);

/** Nothing that is left of a realm after its end has any effect. */
export class MemoryRealm implements Host {
  readonly realm: Realm;
  readonly connections = new Set<MemoryConnection>();
  readonly store: MemoryStore;
  /** Set while components start; no client is served before. */
  starting: Promise<unknown> | undefined;
  readonly #world: MemoryWorld;
  readonly #components: ComponentHost;
  readonly #timers: { readonly at: number; readonly act: () => void }[] = [];
  #isStoreScheduled = false;
  #isOver = false;

  constructor(world: MemoryWorld) {
    this.#world = world;
    this.store = world.store;
    this.realm = new Realm(world.name, world.config, this);
    this.#components = new ComponentHost(world.config.components ?? [], world.components, world.env, this, {
      now: () => world.time,
      after: (milliseconds, act) => void this.#timers.push({ at: world.time + milliseconds, act }),
      wait: (milliseconds) => realTime.wait(milliseconds),
      keepAwake: () => {},
    });
  }

  /** Restores the sessions of a realm that has slept, and starts the components. */
  async wake(former?: MemoryRealm): Promise<void> {
    const connections = [...(former?.connections ?? [])];
    const records = connections.map(({ peer }) => former!.realm.record(peer));
    former?.end();
    for (const connection of connections) this.#add(connection);
    const sleepers = connections.map(({ transport }, index) => {
      return [transport, { ok: true, value: records[index]! }] as const;
    });
    const peers = this.realm.wake(sleepers, () => {
      this.starting = this.#components.join(this.realm);
    });
    for (const [index, connection] of connections.entries()) {
      connection.peer = peers[index]!;
      connection.transport.peer = connection.peer;
    }
    this.flushOutput();
    await this.starting;
  }

  /** Ends the realm: it takes and sends nothing from now on. */
  end(): void {
    this.flush();
    this.#isOver = true;
    for (const { transport } of this.connections) transport.discard();
  }

  /** Opens a connection, of which the realm expects HELLO. */
  connect(receiver: ChannelReceiver, info: Partial<TransportInfo>): MemoryConnection {
    return this.#open(receiver, (transport) => {
      const facts = { ...TRANSPORT_INFO, ...info };
      return this.realm.sessions.connect(transport, facts.peer, () => facts);
    });
  }

  /** Opens a connection with a session. */
  connectAs(receiver: ChannelReceiver, identity: Identity): MemoryConnection {
    return this.#open(receiver, (transport) => this.realm.sessions.connectAs(transport, identity, CLIENT_ROLES));
  }

  #open(
    receiver: ChannelReceiver,
    connect: (transport: MemoryTransport) => MemoryConnection["peer"],
  ): MemoryConnection {
    const connection = { receiver } as MemoryConnection;
    this.#add(connection);
    connection.peer = connect(connection.transport);
    connection.transport.peer = connection.peer;
    this.flushOutput();
    return connection;
  }

  #add(connection: MemoryConnection): void {
    connection.transport = new MemoryTransport(
      this.#world.config.limits,
      this.realm.monitor,
      connection.receiver,
      () => {
        this.connections.delete(connection);
      },
    );
    this.connections.add(connection);
  }

  /** Takes a message of a client. */
  receive(connection: MemoryConnection, text: string): void {
    if (!this.connections.has(connection)) return;
    receiveText(this.realm, connection.peer, text, this.#world.config.limits);
    this.flushOutput();
  }

  /** Takes the loss of a connection. */
  disconnect(connection: MemoryConnection): void {
    if (!this.connections.delete(connection)) return;
    connection.transport.discard();
    this.realm.sessions.disconnect(connection.peer);
    this.flushOutput();
  }

  /** The next time at which something is due; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#timers.reduce<number | undefined>((next, { at }) => earliest(next, at), this.realm.nextDeadline());
  }

  /** Does what is due. */
  tick(): void {
    const due = this.#timers.filter(({ at }) => at <= this.#world.time);
    for (const timer of due) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.act();
    }
    this.realm.tick(this.#world.time);
    this.flushOutput();
  }

  /** Saves what waits for that, as the platform does within a quarter of a second. */
  flush(): void {
    if (this.#isOver) return;
    this.realm.flush();
    this.flushOutput();
  }

  now(): number {
    return this.#world.time;
  }

  wallTime(): number {
    return this.#world.time;
  }

  /** The clock asks for `nextDeadline` instead. */
  setAlarm(): void {}

  randomId(): Id {
    return idFromRandom(this.randomBytes(8));
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#world.random.below(256));
  }

  flushOutput(): void {
    this.#world.traffic++;
    if (this.#isOver || !this.#isStoreScheduled) return;
    this.#isStoreScheduled = false;
    this.realm.store();
  }

  /** What waits is saved when the clock advances, and before the realm ends. */
  scheduleFlush(): void {}

  scheduleStore(): void {
    this.#isStoreScheduled = true;
  }

  log(line: LogLine): void {
    if (!this.#isOver) this.#world.logs.push({ realm: this.#world.name, ...line });
  }

  audit(record: AuditRecord): void {
    if (!this.#isOver) this.#world.audit.push(record);
  }

  secret(): Uint8Array<ArrayBuffer> {
    return SECRET;
  }

  fetchJson(url: string): Promise<unknown> {
    const { fetch } = this.#world;
    if (fetch === undefined) return Promise.reject(new Error(`testRealm needs its option fetch for ${url}`));
    return fetchJson(url, fetch);
  }
}

/** The end of a client's connection, in whatever realm the connection is now. */
export function channelOf(connection: MemoryConnection, current: () => MemoryRealm): Channel {
  return {
    send: (text) => current().receive(connection, text),
    close: () => current().disconnect(connection),
  };
}
