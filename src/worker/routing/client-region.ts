/** The regions nearest to a client, by what the platform knows of its place (`request.cf`). */

import type { LocationHint } from "../platform/location-hints.ts";

/** What the platform knows of a client's place; all of it may be missing. */
export type ClientPlace = Partial<Pick<IncomingRequestCfProperties, "continent" | "country" | "longitude">>;

/**
 * Region → all regions by round-trip time from there, as Microsoft publishes it for its data centers (Azure network
 * round-trip latency statistics, July 2026), as text, because every isolate loads it.
 */
const NEAREST: Readonly<Record<LocationHint, string>> = {
  wnam: "wnam enam apac-ne oc apac weur eeur sam apac-se me afr",
  enam: "enam wnam weur eeur sam apac-ne me oc apac afr apac-se",
  sam: "sam enam wnam weur eeur apac-ne me oc apac afr apac-se",
  weur: "weur eeur enam me wnam afr apac-se sam apac-ne apac oc",
  eeur: "eeur weur enam me wnam afr apac-se sam apac apac-ne oc",
  apac: "apac apac-se apac-ne me oc wnam enam eeur afr weur sam",
  "apac-ne": "apac-ne apac apac-se oc wnam me enam weur afr eeur sam",
  "apac-se": "apac-se apac apac-ne me oc wnam weur afr eeur enam sam",
  oc: "oc apac-se apac-ne apac wnam me enam weur sam eeur afr",
  afr: "afr me weur apac-se eeur enam apac-ne apac wnam sam oc",
  me: "me apac-se afr apac weur eeur apac-ne oc enam wnam sam",
};

/** Continent → its region, except for the countries below and North America. */
const BY_CONTINENT: Readonly<Partial<Record<string, LocationHint>>> = {
  AF: "afr",
  AN: "oc",
  AS: "apac-se",
  EU: "weur",
  OC: "oc",
  SA: "sam",
};

/** Region → countries that are nearer to it than to the region of their continent. */
const COUNTRIES = {
  eeur: "AL AM AZ BA BG BY CY CZ EE FI GE GR HR HU KG KZ LT LV MD ME MK PL RO RS RU SI SK TJ TM TR UA UZ XK",
  weur: "DZ EG LY MA TN",
  me: "AE BH IL IQ IR JO KW LB OM PK PS QA SA SY YE",
  "apac-ne": "CN HK JP KP KR MN MO TW",
} as const satisfies Partial<Record<LocationHint, string>>;

/** Degrees. The west of North America is beyond the first, the east of Russia beyond the second. */
const WEST_OF_AMERICA = -100;
const EAST_OF_RUSSIA = 95;

/** The region of a client; undefined where the platform does not know it, as in local commands. */
export function regionOfClient({ continent, country, longitude }: ClientPlace): LocationHint | undefined {
  // Country and longitude may be missing: comparisons with NaN are false.
  const degrees = Number.parseFloat(longitude ?? "");
  if (continent === "NA") return degrees < WEST_OF_AMERICA ? "wnam" : "enam";
  if (country === "RU" && degrees > EAST_OF_RUSSIA) return "apac-ne";
  for (const [region, countries] of Object.entries(COUNTRIES)) {
    if (country !== undefined && countries.split(" ").includes(country)) return region as keyof typeof COUNTRIES;
  }
  return continent === undefined ? undefined : BY_CONTINENT[continent];
}

/** `regions` by their distance from a region. */
export function byDistance(regions: readonly LocationHint[], from: LocationHint): LocationHint[] {
  const order = NEAREST[from].split(" ");
  return [...regions].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}
