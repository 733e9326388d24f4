/** What a crowd is measured with: realms of one object each, and one realm over relays. */

import { LOCATION_HINTS } from "../../src/worker/platform/location-hints.ts";
import { DEFAULTS } from "../scenarios/settings.ts";
import { configFor, REALM } from "../targets/checkout-router.ts";

/** Realms, and where the sockets of the crowd join. */
export interface Setup {
  readonly name: string;
  /** Undefined for the relay of the benchmark. */
  readonly config: object | undefined;
  /** The URL of each object. */
  readonly objects: readonly string[];
  /** URLs of the publishers: one for each realm. */
  readonly publishers: readonly string[];
}

const urlOf = (realm: string, query = ""): string => `http://router/ws/${realm}${query}`;

/** The relay of the benchmark, which does the work of sockets only. */
export const RELAY: Setup = { name: "relay", config: undefined, objects: [urlOf(REALM)], publishers: [urlOf(REALM)] };

/** A realm that is one object. */
export const ONE_OBJECT: Setup = { ...RELAY, name: "one object", config: configOf({}) };

/** As many realms of one object: what the number of sockets in one process costs by itself. */
export function realms(count: number): Setup {
  const urls = Array.from({ length: count }, (_, index) => urlOf(`realm${index + 1}`));
  return { name: `${count} realms`, config: configOf({ name: "realm*" }), objects: urls, publishers: urls };
}

/** A realm over that many relays, at most one for each region; its publisher is at the first. */
export function realmOverRelays(count: number): Setup {
  const regions = LOCATION_HINTS.slice(0, count);
  const urls = regions.map((region) => urlOf(REALM, `?region=${region}`));
  const relays = Object.fromEntries(regions.map((region) => [region, 1]));
  return { name: `${regions.length} relays`, config: configOf({ relays }), objects: urls, publishers: [urls[0]!] };
}

/** Without rates of connections, which a crowd of one machine exceeds. */
function configOf(realm: object): object {
  const { http, ...config } = configFor(DEFAULTS, realm);
  return { ...config, http: { ...http, connection_rate: { address: 0, realm: 0 } } };
}
