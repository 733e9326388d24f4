/** The objects of the model: relays and the core, which sleep, wake and crash. */

import type { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { RealmConfig } from "../../../../src/wamp/config/realm.ts";
import type { PeerRecord } from "../../../../src/wamp/hibernation/peer-record.ts";
import { earliest } from "../../../../src/wamp/host/deadlines.ts";
import type { Transport } from "../../../../src/wamp/host/transport.ts";
import type { Realm } from "../../../../src/wamp/realm/realm.ts";
import { RelayCore } from "../../../../src/wamp/relay/core.ts";
import type { RemoteSessionRow, RemoteSessionStore } from "../../../../src/wamp/relay/dealer/remote-session-rows.ts";
import type { Batch, BatchAnswer } from "../../../../src/wamp/relay/link/batch.ts";
import { CORE } from "../../../../src/wamp/relay/link/relay-ids.ts";
import type { EpochStore } from "../../../../src/wamp/relay/link/relay-links.ts";
import { Relay } from "../../../../src/wamp/relay/relay.ts";
import type { Peer } from "../../../../src/wamp/session/peer.ts";
import { realmConfig } from "../../host/test-realm.ts";
import {
  CoolingRows,
  DownLinkRows,
  IDS,
  InterestRows,
  LogOutRows,
  MovedRows,
  NodeKeyRows,
  RelaySessionsRows,
  RoleVersionRows,
  StoredCountRows,
  ToldRows,
} from "../relay-stores.ts";
import { ModelHost, type ModelTime } from "./model-host.ts";
import type { Endpoint, ModelNetwork } from "./model-network.ts";
import { STORED_TOPIC } from "./stored-events.ts";

/** The realm of the random conversations. */
export const MODEL_CONFIG = realmConfig({
  options: { enable_meta_api: false, resume: { time: 600 } },
  store: {
    "call-queue": [{ uri: "p.queued", match: "exact", limit: 3 }],
    "event-history": [{ uri: STORED_TOPIC, limit: 10_000 }],
  },
});

/** What all objects of one model share. */
export interface ModelWorld {
  readonly time: ModelTime;
  readonly random: SeededRandom;
  readonly network: ModelNetwork;
  readonly config: RealmConfig;
  /** Milliseconds from an event to `Realm.store`, as under load; 0, as by default, for the end of the turn. */
  readonly storeDelay?: number;
  /** The number of relays. */
  readonly relays: number;
}

/** The rows of remote sessions. */
export class RemoteSessionRows implements RemoteSessionStore {
  readonly rows = new Map<number, RemoteSessionRow>();

  all(): Iterable<RemoteSessionRow> {
    return this.rows.values();
  }

  put(row: RemoteSessionRow): void {
    this.rows.set(row.session, row);
  }

  delete(session: number): void {
    this.rows.delete(session);
  }
}

/** The connection of a client. */
export interface ModelTransport extends Transport {
  isConnected: boolean;
  /** Has the record to be saved? */
  isChanged: boolean;
  record: PeerRecord | undefined;
}

/** One object with its clients. */
export abstract class ModelObject implements Endpoint {
  readonly number: number;
  readonly host: ModelHost;
  readonly peers = new Map<ModelTransport, Peer>();
  boot = 1;
  readonly logOuts = new LogOutRows();
  protected readonly world: ModelWorld;
  #streams = 0;

  constructor(number: number, world: ModelWorld) {
    this.number = number;
    this.world = world;
    this.host = new ModelHost(world.time, world.random, world.storeDelay ?? 0);
    this.host.onOutput = () => this.after();
  }

  abstract readonly realm: Realm;
  abstract receive(from: number, batch: Batch<never>): BatchAnswer;
  abstract answered(to: number, batch: Batch<never>, answer: BatchAnswer): void;
  abstract lost(to: number, batch: Batch<never>): void;
  /** Has `endTurn` anything to do? The platform does not call it otherwise. */
  abstract readonly hasOutput: boolean;
  abstract endTurn(): void;
  /** May the object sleep? */
  abstract readonly isIdle: boolean;
  abstract nextDeadline(): number | undefined;
  protected abstract onTick(now: number): void;
  protected abstract onFlush(): void;
  protected abstract start(): void;

  nextStream(): number {
    return this.boot * 2 ** 20 + ++this.#streams;
  }

  /** When something is due, if anything is; milliseconds since the epoch. */
  get due(): number | undefined {
    return earliest(earliest(this.nextDeadline(), this.host.flushAt), this.host.storeAt);
  }

  /** Does what is due. */
  tick(): void {
    const { now } = this.world.time;
    this.#store();
    if ((this.host.flushAt ?? Number.POSITIVE_INFINITY) <= now) this.flush();
    if ((this.nextDeadline() ?? Number.POSITIVE_INFINITY) > now) return;
    this.onTick(now);
    this.after();
  }

  /** Lets the object have a message of a client. */
  take(client: ModelTransport, message: readonly unknown[]): void {
    this.realm.receive(this.peers.get(client)!, message);
    this.after();
  }

  /** The connection of a client ends. */
  disconnect(client: ModelTransport): void {
    this.realm.sessions.disconnect(this.peers.get(client)!);
    this.peers.delete(client);
    // The platform saves, and perhaps removes, what an object without connections keeps.
    if (this.peers.size === 0) this.host.scheduleFlush();
    this.after();
  }

  /** Ends an event: sends what is queued, and saves the records of changed connections. */
  after(): void {
    if (this.hasOutput) this.endTurn();
    this.#store();
    for (const [client, peer] of this.peers) {
      if (!client.isChanged) continue;
      client.isChanged = false;
      client.record = this.realm.record(peer);
    }
  }

  flush(): void {
    if (this.host.flushAt === undefined && this.host.storeAt === undefined) return;
    this.host.flushAt = undefined;
    this.host.storeAt = undefined;
    this.onFlush();
    this.after();
  }

  /** Saves all that has changed, as the platform does seconds before an object sleeps. */
  save(): void {
    // What a flush sends may change the record of a parked session, which is due later then.
    while (this.host.flushAt !== undefined || this.host.storeAt !== undefined) this.flush();
  }

  /** Evicts the object and wakes it, as the platform does while no call from or to it is on its way. */
  sleepAndWake(): void {
    this.save();
    this.boot++;
    this.start();
    const clients = [...this.peers.keys()];
    const sleepers = clients.map((client) => [client, { ok: true, value: client.record! }] as const);
    const peers = this.realm.wake(sleepers);
    for (const [index, client] of clients.entries()) this.peers.set(client, peers[index]!);
    this.onWake();
    this.after();
  }

  /** The object loses its memory and its connections; the rows stay. */
  crash(): readonly ModelTransport[] {
    const clients = [...this.peers.keys()];
    for (const client of clients) client.isConnected = false;
    this.peers.clear();
    this.host.flushAt = undefined;
    this.host.storeAt = undefined;
    this.boot++;
    this.onCrash();
    this.start();
    this.realm.wake([]);
    this.onWake();
    this.world.network.crash(this.number);
    return clients;
  }

  #store(): void {
    if ((this.host.storeAt ?? Number.POSITIVE_INFINITY) > this.world.time.now) return;
    this.host.storeAt = undefined;
    this.realm.store();
    this.endTurn();
  }

  protected onWake(): void {}
  protected onCrash(): void {}
}

/** A relay. */
export class ModelRelay extends ModelObject {
  relay!: Relay;
  readonly cooling = new CoolingRows();
  /** The relay has been told of the roles before; set it to undefined for one that is new. */
  roleVersion: number | undefined = 0;
  readonly down = new DownLinkRows();
  readonly nodeKeys = new NodeKeyRows();
  epoch = 1;

  constructor(number: number, world: ModelWorld) {
    super(number, world);
    this.start();
  }

  get realm(): Realm {
    return this.relay.realm;
  }

  receive(_from: number, batch: Batch<never>): BatchAnswer {
    const answer = this.relay.receive(batch);
    this.after();
    return answer;
  }

  answered(_to: number, batch: Batch<never>, answer: BatchAnswer): void {
    this.relay.answered(batch, answer);
    this.after();
  }

  lost(_to: number, batch: Batch<never>): void {
    this.relay.lost(batch);
  }

  get hasOutput(): boolean {
    return this.relay.hasOutput;
  }

  endTurn(): void {
    this.relay.endTurn();
  }

  get isIdle(): boolean {
    return this.relay.isIdle;
  }

  nextDeadline(): number | undefined {
    return earliest(this.relay.nextStoredDeadline(), this.relay.nextAwakeDeadline());
  }

  protected onTick(now: number): void {
    this.relay.tick(now);
  }

  protected onFlush(): void {
    this.relay.realm.flush();
    this.relay.close(() => {});
  }

  protected override onWake(): void {
    this.relay.wake();
  }

  /** The relay loses all that it has stored, and its connections. */
  reset(): void {
    this.crash();
    this.epoch = 1;
    this.start();
    this.realm.wake([]);
  }

  protected override onCrash(): void {
    this.epoch++;
    for (const row of this.cooling.all()) this.cooling.delete(row);
  }

  protected start(): void {
    const object = this;
    const { boot, number: relay, cooling, down, nodeKeys, logOuts } = this;
    const { config, relays } = this.world;
    this.relay = new Relay(config.name, config, this.host, {
      ...{ relay, ids: IDS, boot, cooling, down, nodeKeys, logOuts, relays, storedTopics: [] },
      get epoch() {
        return object.epoch;
      },
      setEpoch: (epoch) => {
        this.epoch = epoch;
      },
      roleVersion: {
        get: () => this.roleVersion,
        put: (version) => {
          this.roleVersion = version;
        },
      },
      nextStream: () => this.nextStream(),
      carry: (batch) => {
        if (boot === this.boot) this.world.network.carry(relay, CORE, batch as Batch<never>);
      },
    });
  }
}

/** The core. */
export class ModelCore extends ModelObject {
  core!: RelayCore;
  readonly interest = new InterestRows();
  readonly told = new ToldRows();
  readonly down = new DownLinkRows();
  readonly stored = new StoredCountRows();
  readonly roles = new RoleVersionRows();
  readonly nodeKeys = new NodeKeyRows();
  readonly moved = new MovedRows();
  readonly sessions = new RemoteSessionRows();
  readonly relaySessions = new RelaySessionsRows();
  readonly epochRows = new Map<number, number>();
  readonly #epochs: EpochStore = {
    relays: () => [...this.epochRows.keys()],
    get: (relay) => this.epochRows.get(relay),
    put: (relay, epoch) => void this.epochRows.set(relay, epoch),
    delete: (relay) => void this.epochRows.delete(relay),
  };

  constructor(world: ModelWorld) {
    super(CORE, world);
    for (let object = 1; object <= world.relays; object++) {
      this.roles.put({ object, version: 0 });
      this.epochRows.set(object, 1);
    }
    this.start();
  }

  get realm(): Realm {
    return this.core.realm;
  }

  receive(from: number, batch: Batch<never>): BatchAnswer {
    const answer = this.core.receive(from, batch);
    this.after();
    return answer;
  }

  answered(to: number, batch: Batch<never>, answer: BatchAnswer): void {
    this.core.answered(to, batch, answer);
    this.after();
  }

  lost(to: number, batch: Batch<never>): void {
    this.core.lost(to, batch);
  }

  get hasOutput(): boolean {
    return this.core.hasOutput;
  }

  endTurn(): void {
    this.core.endTurn();
  }

  get isIdle(): boolean {
    return this.core.isIdle;
  }

  nextDeadline(): number | undefined {
    return earliest(this.core.nextStoredDeadline(), this.core.nextAwakeDeadline());
  }

  protected onTick(now: number): void {
    this.core.tick(now);
  }

  protected onFlush(): void {
    this.core.flush();
  }

  protected override onWake(): void {
    this.core.wake();
  }

  /** The kinds of rows that the core has for a relay. */
  rowsOf(relay: number): readonly string[] {
    const rows = {
      epoch: [...this.epochRows.keys()],
      told: [...this.told.all()],
      stored: [...this.stored.rows.keys()],
      role: Array.from(this.roles.all(), ({ object }) => object),
      sessions: Array.from(this.relaySessions.all(), (row) => row.relay),
      keys: Array.from(this.nodeKeys.all(), (row) => row.relay),
      down: Array.from(this.down.all(), ({ object }) => object),
    };
    return Object.entries(rows).flatMap(([kind, relays]) => (relays.includes(relay) ? [kind] : []));
  }

  protected start(): void {
    const { boot, interest, told, stored, sessions, down, logOuts } = this;
    const { config, relays } = this.world;
    this.core = new RelayCore(config.name, config, this.host, {
      ...{ ids: IDS, boot, interest, told, stored, sessions, down, logOuts, epochs: this.#epochs },
      ...{ relaySessions: this.relaySessions, nodeKeys: this.nodeKeys, roles: this.roles, moved: this.moved, relays },
      nextStream: () => this.nextStream(),
      nameOf: (relay) => `weur.${relay}`,
      carry: (relay, batch) => {
        if (boot === this.boot) this.world.network.carry(CORE, relay, batch as Batch<never>);
      },
    });
  }
}
