/** The realm that is simulated: its objects, and how many subscribers of each topic each of them has. */

import { InterestTable } from "../../src/wamp/relay/broker/interest-table.ts";
import { CORE } from "../../src/wamp/relay/link/relay-ids.ts";
import { LOCATION_HINTS, type LocationHint } from "../../src/worker/platform/location-hints.ts";
import { relaysFor } from "../../src/worker/routing/relay-choice.ts";
import { relayNumber } from "../../src/worker/routing/relay-names.ts";
import { SHARES } from "./constants.ts";
import type { Random } from "./random.ts";

/** The object of each subscriber, region by region: the number of a relay, or the core. */
export type Sockets = ReadonlyMap<LocationHint, readonly number[]>;

/** Subscribers that one object has in one region. */
export interface Audience {
  readonly region: LocationHint;
  count: number;
}

/** One topic. */
export interface Topic {
  readonly name: string;
  /** object (number of the relay; 0 for the core) → its subscribers, by region */
  readonly audiences: ReadonlyMap<number, readonly Audience[]>;
  /** Object and region of each subscriber, who may publish. */
  publisher(random: Random): readonly [object: number, region: LocationHint];
}

/** A realm. */
export interface SimulatedRealm {
  readonly topics: readonly Topic[];
  /** Relays by their number. */
  readonly regionOf: ReadonlyMap<number, LocationHint>;
  readonly interest: InterestTable;
}

/** Subscribers of each region, which add up to `count`. */
export function spread(count: number): Map<LocationHint, number> {
  const counts = new Map<LocationHint, number>();
  let shares = 0;
  let given = 0;
  for (const region of LOCATION_HINTS) {
    shares += SHARES[region];
    const upTo = Math.round((count * shares) / 1000);
    if (upTo > given) counts.set(region, upTo - given);
    given = upTo;
  }
  return counts;
}

/**
 * Connects all subscribers to relays as the Worker does, of which each region has one for so many sockets. Undefined for
 * a realm that is one object.
 */
export function connectAll(subscribers: number, perRelay: number | undefined, random: Random): Sockets {
  const sockets = new Map<LocationHint, readonly number[]>();
  for (const [region, count] of spread(subscribers)) {
    const relays = perRelay === undefined ? 0 : Math.ceil(count / perRelay);
    const objects = Array.from({ length: count }, () => (relays === 0 ? CORE : relayOf(random, region, relays)));
    sockets.set(region, objects);
  }
  return sockets;
}

/** Subscribes all clients: to one topic, or to those of rooms of `roomSize` clients of one region. */
export function makeRealm(sockets: Sockets, roomSize: number | undefined): SimulatedRealm {
  let ids = 0;
  const interest = new InterestTable({ all: () => [], put: () => {}, delete: () => {} }, () => ++ids);
  const regionOf = new Map<number, LocationHint>();
  const topics = new Map<string, TopicOfRealm>();
  for (const [region, objects] of sockets) {
    for (const [client, object] of objects.entries()) {
      const name = roomSize === undefined ? "world" : `${region}.${Math.floor(client / roomSize)}`;
      const topic = topics.get(name) ?? new TopicOfRealm(name);
      topics.set(name, topic);
      topic.add(object, region);
      if (object === CORE) continue;
      regionOf.set(object, region);
      interest.add(object, "exact", name);
    }
  }
  return { topics: [...topics.values()], regionOf, interest };
}

/** The relay of a client in a region, chosen by its address. */
function relayOf(random: Random, region: LocationHint, relays: number): number {
  const key = Array.from({ length: 4 }, () => random.below(256)).join(".");
  const [relay] = relaysFor({ region, place: {}, key }, { [region]: relays });
  return relayNumber(relay!);
}

class TopicOfRealm implements Topic {
  readonly name: string;
  readonly audiences = new Map<number, Audience[]>();
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(object: number, region: LocationHint): void {
    const audiences = this.audiences.get(object) ?? [];
    this.audiences.set(object, audiences);
    const known = audiences.find((audience) => audience.region === region);
    if (known === undefined) audiences.push({ region, count: 1 });
    else known.count++;
    this.#count++;
  }

  publisher(random: Random): readonly [object: number, region: LocationHint] {
    let left = random.below(this.#count);
    for (const [object, audiences] of this.audiences) {
      for (const { region, count } of audiences) {
        if (left < count) return [object, region];
        left -= count;
      }
    }
    throw new Error("a topic has subscribers");
  }
}
