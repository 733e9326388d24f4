/**
 * The names and numbers of a realm's relays. The object of the realm's own name is its core; `<realm>#<hint>.<index>` is
 * a relay. No realm's name has a `#`, so that no client reaches a relay by the name of a realm.
 */

import type { WorkerRealmConfig } from "../config/realm-config.ts";
import { isLocationHint, LOCATION_HINTS, type LocationHint } from "../platform/location-hints.ts";

/** The relays of a realm, as its configuration has them: location hint → number of relays. */
export type Relays = NonNullable<WorkerRealmConfig["relays"]>;

/** One relay of a realm. */
export interface RelayPlace {
  readonly region: LocationHint;
  /** Counts the relays of the region from 0. */
  readonly index: number;
}

/** What the name of a realm's object says. */
export interface ObjectName {
  readonly realm: string;
  /** Undefined for the core. */
  readonly relay: RelayPlace | undefined;
}

/** Numbers of each region; a region has fewer relays, so that no change of the configuration renumbers one. */
const PER_REGION = 256;

const RELAY = /^([^#]+)#([a-z-]+)\.(0|[1-9]\d{0,2})$/;

/** The name of a relay's object. */
export function relayName(realm: string, relay: RelayPlace): string {
  return `${realm}#${relayLabel(relay)}`;
}

/** A relay within its realm, as log lines show it. */
export function relayLabel({ region, index }: RelayPlace): string {
  return `${region}.${index}`;
}

/** Reads the name of a realm's object; undefined for objects that are neither a core nor a relay. */
export function readObjectName(name: string): ObjectName | undefined {
  if (!name.includes("#")) return { realm: name, relay: undefined };
  const [, realm = "", region = "", index = ""] = RELAY.exec(name) ?? [];
  if (!isLocationHint(region) || Number(index) >= PER_REGION) return undefined;
  return { realm, relay: { region, index: Number(index) } };
}

/** The number of a relay among the objects of its realm, from 1 on; 0 is the core. */
export function relayNumber({ region, index }: RelayPlace): number {
  return 1 + LOCATION_HINTS.indexOf(region) * PER_REGION + index;
}

/** The relay with this number; undefined for the core, and for numbers that no relay has. */
export function relayOfNumber(number: number): RelayPlace | undefined {
  const region = LOCATION_HINTS[Math.floor((number - 1) / PER_REGION)];
  return region === undefined ? undefined : { region, index: (number - 1) % PER_REGION };
}

/** The regions of a realm's relays, as written. */
export function regionsOf(relays: Relays): LocationHint[] {
  return Object.keys(relays) as LocationHint[];
}

/** All relays of a realm, region by region. */
export function relaysOf(relays: Relays): RelayPlace[] {
  return regionsOf(relays).flatMap((region) => relaysIn(relays, region));
}

/** The relays of one region. */
export function relaysIn(relays: Relays, region: LocationHint): RelayPlace[] {
  return Array.from({ length: relays[region] ?? 0 }, (_, index) => ({ region, index }));
}
