/** What a message costs, in time and money, and where the figures are from. */

import type { LocationHint } from "../../src/worker/platform/location-hints.ts";

/** Milliseconds of CPU. */
export const SERVICE = {
  /** An event to one of many receivers (docs/performance.md: Fan-out to 1000, JSON). */
  event: 0.025,
  /** A publication of a client, without its events (docs/performance.md: Publication, 10,000 subscriptions). */
  publication: 0.07,
  /**
   * A batch between two objects and its answer, at each of them: half of what both take together in one workerd, with all
   * that the router does for it between two turns (`npm run bench -- hops`).
   */
  batch: 0.087,
  /** A publication in a batch, at each of the two objects (the same command). */
  forwarded: 0.002,
} as const;

/** US dollars (docs/costs.md), and GB for which an object is billed while it runs. */
export const PRICES = { request: 0.15e-6, gbSecond: 12.5e-6, objectGb: 0.128 } as const;
/** Messages of a client that are billed as one request. */
export const MESSAGES_PER_REQUEST = 20;

/** The most sockets of an object. */
export const MOST_SOCKETS = 32_768;

/** Where subscribers are: parts of a thousand, an assumption about a public that is spread over the world. */
export const SHARES: Readonly<Record<LocationHint, number>> = {
  wnam: 80,
  enam: 170,
  sam: 90,
  weur: 190,
  eeur: 80,
  apac: 0,
  "apac-ne": 140,
  "apac-se": 150,
  oc: 30,
  afr: 30,
  me: 40,
};
