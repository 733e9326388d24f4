/** Pattern maps for tests, made from lists of entries. */

import { PatternMap } from "../../../src/wamp/matching/pattern-map.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";

/** A pattern and its matching policy. */
export type Entry = readonly [match: Match, uri: string];

/** All matching policies, in the order of precedence. */
export const MATCHES: readonly Match[] = ["exact", "prefix", "wildcard"];

/** The registrations of the specification's example of precedence. */
export const REFERENCE: readonly Entry[] = [
  ["exact", "a1.b2.c3.d4.e55"],
  ["prefix", "a1.b2.c3"],
  ["prefix", "a1.b2.c3.d4"],
  ["wildcard", "a1.b2..d4.e5"],
  ["wildcard", "a1.b2.c33..e5"],
  ["wildcard", "a1.b2..d4.e5..g7"],
  ["wildcard", "a1.b2..d4..f6.g7"],
];

/** Returns a map whose values name their entries: `"prefix com."`. */
export function mapOf(entries: readonly Entry[]): PatternMap<string> {
  const map = new PatternMap<string>();
  for (const [match, uri] of entries) map.set(match, uri, `${match} ${uri}`);
  return map;
}
