/** Relays and a core in memory, and clients whose messages are recorded. */

import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import type { PeerRecord } from "../../../src/wamp/hibernation/peer-record.ts";
import type { SendFault, Transport } from "../../../src/wamp/host/transport.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { ALL_ROLES } from "../host/test-realm.ts";
import { ModelNetwork } from "./model/model-network.ts";
import { ModelCore, type ModelObject, ModelRelay, type ModelWorld } from "./model/model-objects.ts";

/** The connection of a client. */
class RecordingTransport implements Transport {
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

  constructor(realm: RelayedRealm, object: ModelObject, roles: object) {
    this.#realm = realm;
    this.#object = object;
    object.peers.set(this.transport, object.realm.sessions.connect(this.transport));
    this.send([1, "realm1", { roles }]);
    this.take();
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
    this.#object.realm.sessions.disconnect(this.#object.peers.get(this.transport)!);
    this.#object.peers.delete(this.transport);
    this.#object.after();
    this.#realm.deliver();
  }
}

/** A core and relays, numbered from 1. */
export class RelayedRealm {
  readonly core: ModelCore;
  readonly relays: readonly ModelRelay[];
  readonly world: ModelWorld;

  constructor(relays = 2) {
    const network = new ModelNetwork((object) => (object === 0 ? this.core : this.relays[object - 1]!));
    this.world = { time: { now: 1_000_000 }, random: new SeededRandom(1), network };
    this.core = new ModelCore(this.world);
    this.relays = Array.from({ length: relays }, (_, index) => new ModelRelay(index + 1, this.world));
  }

  /** Opens a session at a relay, or at the core with 0. */
  join(object: number, roles: object = ALL_ROLES): RelayedClient {
    return new RelayedClient(this, object === 0 ? this.core : this.relays[object - 1]!, roles);
  }

  /** Lets every batch and answer arrive; returns the number of batches. */
  deliver(): number {
    const { network } = this.world;
    let batches = 0;
    for (let [way] = network.busyWays(); way !== undefined; [way] = network.busyWays()) {
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
