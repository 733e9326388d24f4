/** Times on the way between regions. */

import { LOCATION_HINTS, type LocationHint } from "../../src/worker/platform/location-hints.ts";

/**
 * Milliseconds of a round trip between regions: the 95th percentile of the 30 days to July 30, 2026, as Microsoft
 * publishes it for its data centers (Azure network round-trip latency statistics,
 * https://learn.microsoft.com/azure/networking/azure-network-latency). One data center stands for each region: West US,
 * East US, Brazil South, West Europe, Poland Central, East Asia (Hong Kong), Japan East, Southeast Asia (Singapore),
 * Australia East, South Africa North, UAE North. Rows and columns are in the order of `LOCATION_HINTS`.
 */
const ROUND_TRIPS: readonly (readonly number[])[] = [
  [0, 72, 171, 151, 167, 151, 110, 172, 142, 279, 249],
  [72, 0, 119, 89, 104, 207, 165, 229, 206, 226, 190],
  [171, 119, 0, 191, 211, 315, 265, 337, 298, 327, 293],
  [151, 89, 191, 0, 28, 278, 240, 182, 282, 171, 123],
  [167, 104, 211, 28, 0, 250, 258, 201, 300, 199, 139],
  [151, 207, 315, 278, 250, 0, 53, 41, 127, 272, 120],
  [110, 165, 265, 240, 258, 53, 0, 74, 105, 254, 155],
  [172, 229, 337, 182, 201, 41, 74, 0, 98, 190, 90],
  [142, 206, 298, 282, 300, 127, 105, 98, 0, 347, 179],
  [279, 226, 327, 171, 199, 272, 254, 190, 347, 0, 104],
  [249, 190, 293, 123, 139, 120, 155, 90, 179, 104, 0],
];

/** Milliseconds between two data centers of one region. */
const WITHIN_REGION = 2;
/** Milliseconds from a client to the nearest data center of the platform and back: a good mobile network. */
const LAST_MILE = 30;

/** Milliseconds of a round trip between two regions. */
export function roundTrip(from: LocationHint, to: LocationHint): number {
  if (from === to) return WITHIN_REGION;
  return ROUND_TRIPS[LOCATION_HINTS.indexOf(from)]![LOCATION_HINTS.indexOf(to)]!;
}

/** Milliseconds one way between two objects. */
export function between(from: LocationHint, to: LocationHint): number {
  return roundTrip(from, to) / 2;
}

/** Milliseconds one way between a client and an object. */
export function toClient(client: LocationHint, object: LocationHint): number {
  return LAST_MILE / 2 + between(client, object);
}
