/** Changes of roles while links lose and duplicate batches, objects sleep and crash, and relays come and go. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { CoreRoles } from "../../../../src/wamp/relay/authentication/core-roles.ts";
import { ANYTHING } from "../../host/test-realm.ts";
import type { Fate } from "../model/model-network.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const MANAGE = { uri: "wamp.edge.", match: "prefix", allow: { call: true } } as const;
const FATES: readonly Fate[] = ["lose call", "lose answer", "duplicate"];
const RELAYS = 3;

/** What may go wrong in a story. */
interface Trouble {
  readonly sleeps?: boolean;
  readonly crashes?: boolean;
  readonly outages?: boolean;
}

/** One random story: sessions at all objects add roles and reset them, each role once. */
class Story {
  readonly random: SeededRandom;
  readonly realm = new RelayedRealm(RELAYS, {
    roles: [{ name: "anonymous", permissions: [ANYTHING, MANAGE] }],
    options: {},
  });
  /** object → the session there */
  readonly managers: RelayedClient[];
  readonly #trouble: Trouble;
  /** request → role of the changes that are not answered */
  readonly #changes = new Map<number, { role: string; isAdded: boolean; at: number }>();
  readonly #added: string[] = [];
  #request = 0;

  constructor(seed: number, trouble: Trouble) {
    this.random = new SeededRandom(seed);
    this.#trouble = trouble;
    this.managers = [0, 1, 2, 3].map((object) => this.realm.join(object));
  }

  /** Returns what is wrong; undefined if nothing is. */
  run(): string | undefined {
    for (let step = 0; step < 120; step++) {
      this.#step();
      const fault = this.#checkAnswers();
      if (fault !== undefined) return fault;
    }
    this.realm.world.network.unblock();
    this.realm.deliver();
    this.realm.advance(200_000);
    return this.#checkAnswers() ?? this.#compare();
  }

  #step(): void {
    const { random, realm } = this;
    const { network } = realm.world;
    const roll = random.next();
    if (network.size > 0 && roll < 0.6) {
      const fate = random.chance(0.2) ? random.pick(FATES) : "deliver";
      return void network.step(...random.pick(network.busyWays()), fate);
    }
    if (roll < 0.8) return this.#change();
    if (roll < 0.9) return this.#wait(random.below(this.#trouble.outages ? 20_000 : 100));
    this.#disturb(random.below(RELAYS + 1));
  }

  #change(): void {
    const { random } = this;
    const isAdded = this.#added.length === 0 || random.chance(0.7);
    const role = isAdded ? `r${this.#request}` : this.#added.splice(random.below(this.#added.length), 1)[0]!;
    const request = ++this.#request;
    this.#changes.set(request, { role, isAdded, at: this.realm.world.time.now });
    random.pick(this.managers).say([48, request, {}, `wamp.edge.role.${isAdded ? "add" : "reset"}`, [role]]);
  }

  #wait(milliseconds: number): void {
    const { world, core, relays } = this.realm;
    world.time.now += milliseconds;
    for (const object of [core, ...relays]) object.tick();
    world.network.loseBlocked();
  }

  #disturb(number: number): void {
    const { random, realm } = this;
    const { network } = realm.world;
    const object = number === 0 ? realm.core : realm.relays[number - 1]!;
    const { sleeps, crashes, outages } = this.#trouble;
    if (outages && random.chance(0.5)) {
      if (network.hasOutage) network.unblock();
      else if (random.chance(0.5)) network.block(0, Math.max(1, number), "lose call");
      else network.block(Math.max(1, number), 0, "lose call");
    } else if (crashes && random.chance(0.5)) {
      object.crash();
      if (number > 0) realm.relays[number - 1]!.relay.begin();
      object.after();
      this.#join(number);
    } else if (sleeps && object.isIdle && !network.isBusy(number)) {
      object.save();
      if (object.isIdle && !network.isBusy(number)) object.sleepAndWake();
    } else {
      object.disconnect(this.managers[number]!.transport);
      this.#join(number);
    }
  }

  #join(number: number): void {
    const client = this.realm.connect(number);
    client.say([1, "realm1", { roles: { caller: {} } }]);
    this.managers[number] = client;
  }

  /** A role that its manager has been told is added is known at all relays. */
  #checkAnswers(): string | undefined {
    for (const message of this.managers.flatMap((manager) => manager.take() as unknown[][])) {
      const request = (message[0] === 8 ? message[2] : message[1]) as number;
      const change = this.#changes.get(request);
      if (change === undefined || (message[0] !== 50 && message[0] !== 8)) continue;
      this.#changes.delete(request);
      if (message[0] !== 50) continue;
      if (change.isAdded) this.#added.push(change.role);
      // Relays that cannot be reached for five seconds are not waited for.
      const isLong = this.#trouble.outages === true || this.realm.world.time.now - change.at >= 5_000;
      const others = isLong ? [] : this.realm.relays.filter(({ roleVersion }) => roleVersion !== undefined);
      for (const { number, realm } of others) {
        const isKnown = realm.access.authorization.hasRole(change.role);
        if (isKnown !== change.isAdded) return `relay ${number} has not heard of ${JSON.stringify(change)}`;
      }
    }
    return undefined;
  }

  /** In the end all objects have the same roles. */
  #compare(): string | undefined {
    const { core, relays } = this.realm;
    const rolesOf = ({ realm }: { realm: typeof core.realm }) => JSON.stringify([...realm.access.roles.texts()].sort());
    for (const relay of relays) {
      if (relay.roleVersion !== undefined && rolesOf(relay) !== rolesOf(core)) {
        return `relay ${relay.number} has ${rolesOf(relay)}, not ${rolesOf(core)}`;
      }
    }
    return undefined;
  }
}

/** The first ones, and those that have shown a fault once. */
const SEEDS = [...Array.from({ length: 8 }, (_, index) => index + 1), 14, 35, 177, 253];

function faultsOf(trouble: Trouble): string[] {
  return SEEDS.flatMap((seed) => {
    const fault = new Story(seed, trouble).run();
    return fault === undefined ? [] : [`${seed}: ${fault}`];
  });
}

describe("a change of a role", () => {
  afterEach(() => vi.restoreAllMocks());

  test.each<[string, Trouble]>([
    ["over links that lose and duplicate", {}],
    ["with objects that crash", { sleeps: true, crashes: true }],
    ["with all of these", { sleeps: true, crashes: true, outages: true }],
  ])("reaches all relays before its RESULT, and stays, %s", (_, trouble) => {
    expect(faultsOf(trouble)).toStrictEqual([]);
  });

  test("that is answered at once is found", () => {
    vi.spyOn(CoreRoles.prototype, "whenSpread").mockImplementation((done) => done());
    expect(faultsOf({}).length).toBeGreaterThan(0);
  });

  test("that a relay has missed, and does not get when it asks, is found", () => {
    vi.spyOn(CoreRoles.prototype, "tell").mockImplementation(function (this: CoreRoles, relay, version) {
      this.acknowledged(relay, version ?? 0);
    });
    expect(faultsOf({ sleeps: true, crashes: true }).length).toBeGreaterThan(0);
  });
});
