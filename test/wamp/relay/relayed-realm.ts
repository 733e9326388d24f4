/** Relays and a core in memory, and clients whose messages are recorded. */

import { setImmediate } from "node:timers/promises";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { PeerRecord } from "../../../src/wamp/hibernation/peer-record.ts";
import type { SendFault, Transport, TransportInfo } from "../../../src/wamp/host/transport.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { ALL_ROLES, realmConfig } from "../host/test-realm.ts";
import { ModelNetwork } from "./model/model-network.ts";
import { ModelCore, type ModelObject, ModelRelay, type ModelWorld } from "./model/model-objects.ts";

/** The connection of a client. */
export class RecordingTransport implements Transport {
  readonly received: unknown[] = [];
  maxLength = Number.POSITIVE_INFINITY;
  isChanged = false;
  isConnected = true;
  record: PeerRecord | undefined;

  send(message: RouterMessage): SendFault | undefined {
    const text = json.encode(message) as string;
    if (text.length > this.maxLength) return "too large";
    this.received.push(JSON.parse(text));
    return undefined;
  }

  close(code: number): void {
    this.received.push(["closed", code]);
  }

  save(): void {
    this.isChanged = true;
  }
}

/** A client of a relay or of the core. */
export class RelayedClient {
  readonly transport = new RecordingTransport();
  readonly #realm: RelayedRealm;
  readonly #object: ModelObject;

  constructor(realm: RelayedRealm, object: ModelObject, facts?: TransportInfo) {
    this.#realm = realm;
    this.#object = object;
    const peer = object.realm.sessions.connect(this.transport, facts?.peer, () => facts!);
    object.peers.set(this.transport, peer);
  }

  /** Sends messages, whose batches stay on their way. */
  say(...messages: unknown[]): void {
    for (const message of messages) {
      this.#object.take(this.transport, json.decode(JSON.stringify(message), { depth: 64 }) as unknown[]);
    }
  }

  /** Sends messages and lets all batches arrive. */
  send(...messages: unknown[]): void {
    this.say(...messages);
    this.#realm.deliver();
  }

  /** The messages since the last call. */
  take(): unknown[] {
    return this.transport.received.splice(0);
  }

  /** Ends the connection. */
  leave(): void {
    this.#object.disconnect(this.transport);
    this.#realm.deliver();
  }
}

/** A core and relays, numbered from 1. */
export class RelayedRealm {
  readonly core: ModelCore;
  readonly relays: readonly ModelRelay[];
  readonly world: ModelWorld;
  /** Relays from and to which nothing arrives. */
  readonly cut = new Set<number>();

  /** `input` changes the configuration, as in `realmConfig`; there is no meta API by default. */
  constructor(relays = 2, input: Partial<RealmInput> = {}) {
    const network = new ModelNetwork(
      (object) => (object === 0 ? this.core : this.relays[object - 1]!),
      () => this.world.time.now,
    );
    const config = realmConfig({ options: { enable_meta_api: false }, ...input });
    this.world = { time: { now: 1_000_000 }, random: new SeededRandom(1), network, config, relays };
    this.core = new ModelCore(this.world);
    this.relays = Array.from({ length: relays }, (_, index) => new ModelRelay(index + 1, this.world));
  }

  /** Opens a session at a relay, or at the core with 0. */
  join(object: number, roles: object = ALL_ROLES): RelayedClient {
    const client = this.connect(object);
    client.send([1, "realm1", { roles }]);
    client.take();
    return client;
  }

  /** Opens a connection to a relay, or to the core with 0; the client has sent nothing yet. */
  connect(object: number, facts?: TransportInfo): RelayedClient {
    return new RelayedClient(this, object === 0 ? this.core : this.relays[object - 1]!, facts);
  }

  /** Waits until a client has got something, and returns it. Cryptography runs on other threads. */
  async replyTo(client: RelayedClient): Promise<unknown[][]> {
    while (client.transport.received.length === 0) await this.settle();
    return client.take() as unknown[][];
  }

  /** As `replyTo`, while every batch is lost. */
  async replyInOutage(client: RelayedClient): Promise<unknown[][]> {
    const { network } = this.world;
    while (client.transport.received.length === 0) {
      const [way] = network.busyWays();
      if (way !== undefined) network.step(...way, "lose call");
      else this.advance(100);
      await setImmediate();
    }
    return client.take() as unknown[][];
  }

  /** Lets every batch arrive, and lets code go on that waits for promises, until nothing happens any more. */
  async settle(): Promise<void> {
    let isBusy = true;
    while (isBusy) {
      isBusy = this.deliver() > 0;
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      isBusy ||= this.world.network.size > 0;
    }
  }

  /** Lets every batch and answer arrive; returns the number of batches. */
  deliver(): number {
    const { network } = this.world;
    let batches = 0;
    const nextWay = () => network.busyWays().find((ends) => !ends.some((end) => this.cut.has(end)));
    for (let way = nextWay(); way !== undefined; way = nextWay()) {
      if (network.step(...way, "deliver") === "call") batches++;
    }
    return batches;
  }

  /** Lets time pass; each object does what is due. */
  advance(milliseconds: number): void {
    const { time } = this.world;
    const objects = [this.core, ...this.relays];
    const end = time.now + milliseconds;
    for (;;) {
      const next = Math.min(...objects.flatMap((object) => object.due ?? []));
      if (next > end) break;
      time.now = Math.max(time.now, next);
      for (const object of objects) object.tick();
      this.deliver();
    }
    time.now = end;
  }
}
