/** Rules for URIs, and the URIs reserved for the router (URIs). */

import type { Uri } from "./values.ts";

/** How a subscription's or registration's URI selects topics or procedures (Pattern-based Subscriptions). */
export type Match = "exact" | "prefix" | "wildcard";

/** Whether a value names a match policy. */
export function isMatch(value: unknown): value is Match {
  return value === "exact" || value === "prefix" || value === "wildcard";
}

/** A URI, and how it selects topics or procedures. */
export interface Pattern {
  readonly uri: Uri;
  readonly match: Match;
}

/** The rule set in force in a realm: the mandatory one, or the recommended one (Loose and Strict URIs). */
export type UriCheck = "loose" | "strict";

/**
 * The longest URI accepted, in UTF-16 code units. WAMP sets no bound; this one keeps the cost of checking and
 * matching a URI small for any sender, and lets a session record hold several of the longest.
 */
export const MAX_URI_LENGTH = 2048;

// Components and dots share no character, so each URI can be read in one way only and all six run in linear time. Where
// every component may be empty, as in a wildcard pattern, only the characters remain to be checked.
const RULES: Record<UriCheck, Record<Match, RegExp>> = {
  loose: {
    exact: /^[^\s.#]+(?:\.[^\s.#]+)*$/,
    prefix: /^(?:[^\s.#]+\.)*[^\s.#]*$/,
    wildcard: /^[^\s#]*$/,
  },
  strict: {
    exact: /^[0-9a-z_]+(?:\.[0-9a-z_]+)*$/,
    prefix: /^(?:[0-9a-z_]+\.)*[0-9a-z_]*$/,
    wildcard: /^[0-9a-z_.]*$/,
  },
};

/**
 * Whether `uri` may stand in a URI-typed field. `match` other than exact is for the patterns of SUBSCRIBE and
 * REGISTER: a prefix may end in an empty component, a wildcard pattern may have empty components anywhere.
 */
export function isValidUri(uri: string, check: UriCheck, match: Match = "exact"): boolean {
  return uri.length <= MAX_URI_LENGTH && RULES[check][match].test(uri);
}

/** Whether `name` can name a realm: a loose URI in every realm, because no realm's rules are in force yet. */
export function isValidRealm(name: string): boolean {
  return isValidUri(name, "loose");
}

/** Whether the first component is `wamp`, which applications may not use (URIs: Reserved URIs). */
export function isReservedUri(uri: Uri): boolean {
  return uri === "wamp" || uri.startsWith("wamp.");
}
