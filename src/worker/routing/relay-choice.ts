/** Chooses the relays that a client may connect to. */

import { ranked } from "../../wamp/matching/rendezvous.ts";
import type { LocationHint } from "../platform/location-hints.ts";
import { byDistance, type ClientPlace, regionOfClient } from "./client-region.ts";
import { type RelayPlace, type Relays, regionsOf, relayLabel, relaysIn } from "./relay-names.ts";
import { addressKey } from "./transport-info.ts";

/** Relays of one region that a client tries, and relays at all: each attempt takes the way to the region. */
const MOST_IN_REGION = 4;
const MOST_RELAYS = 8;

/** What the choice depends on. */
export interface Client {
  /** The region that the client asks for. */
  readonly region: LocationHint | undefined;
  readonly place: ClientPlace;
  /** The same for all connections of a client, as far as the platform knows. */
  readonly key: string;
}

/**
 * The relays to try, in order: those of the region that the client asks for or is in, then those of the next regions;
 * in each the relay that owns the client's key first, so that a client that reconnects returns to its relay. The
 * regions are taken as written where nothing is known of the client's place.
 */
export function relaysFor({ region, place, key }: Client, relays: Relays): RelayPlace[] {
  const from = region ?? regionOfClient(place);
  const regions = from === undefined ? regionsOf(relays) : byDistance(regionsOf(relays), from);
  return regions
    .flatMap((region) => ranked(key, relaysIn(relays, region), relayLabel).slice(0, MOST_IN_REGION))
    .slice(0, MOST_RELAYS);
}

/** The client of an upgrade request, whose region, if it asks for one, is one of the realm's. */
export function readClient({ url, headers, cf }: Request): Client {
  const address = headers.get("CF-Connecting-IP");
  return {
    region: (new URL(url).searchParams.get("region") ?? undefined) as LocationHint | undefined,
    place: (cf as ClientPlace | undefined) ?? {},
    // Without an address, as behind a proxy of one's own, each connection is a client of its own, which spreads them.
    key: address === null ? (headers.get("Sec-WebSocket-Key") ?? "") : addressKey(address),
  };
}
