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

/** The key by which the Worker chooses the relay of a client: by its number in its region. */
export type KeyOf = (region: LocationHint, client: number) => string;

/** The keys of clients that name no group: their addresses. */
export function byAddress(random: Random): KeyOf {
  return () => Array.from({ length: 4 }, () => random.below(256)).join(".");
}

/** The keys of clients that name their room as their group. */
export function byRoom(roomSize: number): KeyOf {
  return (region, client) => roomOf(region, client, roomSize);
}

/** Connects all subscribers to relays as the Worker does, of which each region has one for so many sockets. */
export function connectAll(subscribers: number, perRelay: number, keyOf: KeyOf): Sockets {
  const sockets = new Map<LocationHint, readonly number[]>();
  for (const [region, count] of spread(subscribers)) {
    const relays = Math.ceil(count / perRelay);
    const objects = Array.from({ length: count }, (_, client) => relayOf(keyOf(region, client), region, relays));
    sockets.set(region, objects);
  }
  return sockets;
}

/** Connects all subscribers to the only object of a realm without relays. */
export function connectToCore(subscribers: number): Sockets {
  const regions = [...spread(subscribers)];
  return new Map(regions.map(([region, count]) => [region, Array.from({ length: count }, () => CORE)]));
}

/** Subscribes all clients: to one topic, or to those of rooms of `roomSize` clients of one region. */
export function makeRealm(sockets: Sockets, roomSize: number | undefined): SimulatedRealm {
  let ids = 0;
  const interest = new InterestTable({ all: () => [], put: () => {}, delete: () => {} }, () => ++ids);
  const regionOf = new Map<number, LocationHint>();
  const topics = new Map<string, TopicOfRealm>();
  for (const [region, objects] of sockets) {
    for (const [client, object] of objects.entries()) {
      const name = roomSize === undefined ? "world" : roomOf(region, client, roomSize);
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

function roomOf(region: LocationHint, client: number, roomSize: number): string {
  return `${region}.${Math.floor(client / roomSize)}`;
}

/** The relay of a client in a region. */
function relayOf(key: string, region: LocationHint, relays: number): number {
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
