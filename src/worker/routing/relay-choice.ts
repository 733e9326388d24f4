/** Chooses the relays that a client may connect to. */

import { ranked } from "../../wamp/matching/rendezvous.ts";
import type { LocationHint } from "../platform/location-hints.ts";
import { byDistance, type ClientPlace, regionOfClient } from "./client-region.ts";
import { type RelayPlace, type Relays, regionsOf, relayLabel, relaysIn } from "./relay-names.ts";
import { addressKey } from "./transport-info.ts";

/** Relays of one region that a client tries, and relays at all: each attempt takes the way to the region. */
const MOST_IN_REGION = 4;
const MOST_RELAYS = 8;

/** UTF-16 code units of a group: the name of a room, a document or a tenant. */
const MAX_GROUP = 128;

/** What the choice depends on. */
export interface Client {
  /** The region that the client asks for. */
  readonly region: LocationHint | undefined;
  readonly place: ClientPlace;
  /** The group that the client names, or what is the same for all connections of one client. */
  readonly key: string;
}

/**
 * The relays to try, in order: those of the region that the client asks for or is in, then those of the next regions;
 * in each the relay that owns the client's key first, so that a client that reconnects returns to its relay, and the
 * clients of a group meet. The regions are taken as written where nothing is known of the client's place.
 */
export function relaysFor({ region, place, key }: Client, relays: Relays): RelayPlace[] {
  const from = region ?? regionOfClient(place);
  const regions = from === undefined ? regionsOf(relays) : byDistance(regionsOf(relays), from);
  return regions
    .flatMap((region) => ranked(key, relaysIn(relays, region), relayLabel).slice(0, MOST_IN_REGION))
    .slice(0, MOST_RELAYS);
}

/** The client of an upgrade request without a `queryFault`. */
export function readClient({ url, headers, cf }: Request): Client {
  const query = new URL(url).searchParams;
  return {
    region: (query.get("region") ?? undefined) as LocationHint | undefined,
    place: (cf as ClientPlace | undefined) ?? {},
    key: query.get("group") ?? connectionKey(headers),
  };
}

/** Without an address, as behind a proxy of one's own, each connection has a key of its own, which spreads them. */
function connectionKey(headers: Headers): string {
  const address = headers.get("CF-Connecting-IP");
  return address === null ? (headers.get("Sec-WebSocket-Key") ?? "") : addressKey(address);
}

/** What is wrong with the query of an upgrade request, as the body of an answer. */
export interface QueryFault {
  readonly error: string;
  /** The regions that the client may ask for; undefined if the region is not at fault. */
  readonly regions?: readonly LocationHint[];
}

/** What is wrong with the region and the group that a client asks for; undefined if nothing is. */
export function queryFault({ url }: Request, relays: Relays): QueryFault | undefined {
  const query = new URL(url).searchParams;
  const [region, group] = [query.get("region"), query.get("group")];
  const regions = regionsOf(relays);
  if (region !== null && !(regions as readonly string[]).includes(region)) {
    return { error: `region must be ${regions.join(" or ")}`, regions };
  }
  if (group === null || (group !== "" && group.length <= MAX_GROUP)) return undefined;
  return { error: `group must have 1 to ${MAX_GROUP} characters` };
}
