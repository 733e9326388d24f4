/** A realm of one object on the host of the relays' tests, to compare relays with. */

import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { Realm } from "../../../src/wamp/realm/realm.ts";
import type { Batch, BatchAnswer } from "../../../src/wamp/relay/link/batch.ts";
import { realmConfig } from "../host/test-realm.ts";
import { ModelNetwork } from "./model/model-network.ts";
import { ModelObject, type ModelWorld } from "./model/model-objects.ts";

/** The object of a realm without relays. */
class SoloObject extends ModelObject {
  realm!: Realm;

  constructor(world: ModelWorld) {
    super(0, world);
    this.start();
  }

  readonly isIdle = true;
  readonly hasOutput = true;
  endTurn(): void {}
  lost(): void {}
  answered(): void {}

  receive(_: number, batch: Batch<never>): BatchAnswer {
    throw new Error(`a realm of one object gets a batch: ${JSON.stringify(batch)}`);
  }

  nextDeadline(): number | undefined {
    return this.realm.nextDeadline();
  }

  protected onTick(now: number): void {
    this.realm.tick(now);
  }

  protected onFlush(): void {
    this.realm.flush();
  }

  protected start(): void {
    const config = this.world.config;
    this.realm = new Realm(config.name, config, this.host);
  }
}

/** A realm of one object. */
export class SoloRealm {
  readonly world: ModelWorld;
  readonly object: ModelObject;

  constructor(input: Partial<RealmInput>) {
    const network = new ModelNetwork(
      () => this.object,
      () => this.world.time.now,
    );
    const config = realmConfig(input);
    // Other ids than those of `RelayedRealm`.
    const random = new SeededRandom(2);
    this.world = { time: { now: 1_000_000 }, random, network, config, relays: 0 };
    this.object = new SoloObject(this.world);
  }

  /** As `RelayedRealm.deliver`: there are no batches. */
  deliver(): number {
    return 0;
  }

  /** Lets time pass; the object does what is due. */
  advance(milliseconds: number): void {
    const { time } = this.world;
    const end = time.now + milliseconds;
    for (let next = this.object.due; next !== undefined && next <= end; next = this.object.due) {
      time.now = Math.max(time.now, next);
      this.object.tick();
    }
    time.now = end;
  }
}
