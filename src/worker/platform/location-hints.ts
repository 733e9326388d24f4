/** The places that Cloudflare lets an application name for its objects (Durable Objects: Data location). */

/**
 * All location hints. The numbers of relays are made of places in this list, and stored: add a hint at the end, and
 * leave one that the platform gives up where it is.
 */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "afr",
  "me",
] as const;

/** One of the hints. */
export type LocationHint = (typeof LOCATION_HINTS)[number];

/** Jurisdiction → the hints whose place is inside it. */
export const HINTS_WITHIN: ReadonlyMap<unknown, readonly LocationHint[]> = new Map<
  DurableObjectJurisdiction,
  readonly LocationHint[]
>([
  ["eu", ["weur", "eeur"]],
  ["us", ["wnam", "enam"]],
  ["fedramp", ["wnam", "enam"]],
  ["fedramp-high", ["wnam", "enam"]],
]);

/** Whether a text is a location hint. */
export function isLocationHint(text: string): text is LocationHint {
  return (LOCATION_HINTS as readonly string[]).includes(text);
}
