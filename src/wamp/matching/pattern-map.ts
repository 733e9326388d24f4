/** A map from patterns to values, searched by the concrete URIs that the patterns match. */

import type { Match } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import { PrefixTree } from "./prefix-tree.ts";
import { WildcardTree } from "./wildcard-tree.ts";

/** In order of precedence for a call (Pattern-based Registrations). */
const MATCHES: readonly Match[] = ["exact", "prefix", "wildcard"];

/**
 * (match, URI) → value: the index the broker, the dealer and authorization share. The same URI under another match
 * policy is another entry. The cost of a lookup depends on the URI and on its matches, not on the number of entries;
 * without patterns it is one `Map` lookup.
 */
export class PatternMap<T extends NonNullable<unknown>> {
  readonly #values: Record<Match, Map<Uri, T>> = { exact: new Map(), prefix: new Map(), wildcard: new Map() };
  readonly #exact = this.#values.exact;
  readonly #prefixes = new PrefixTree<T>();
  readonly #wildcards = new WildcardTree<T>();

  /** Entries of all three policies. */
  get size(): number {
    return MATCHES.reduce((size, match) => size + this.#values[match].size, 0);
  }

  /** The value of one entry. */
  get(match: Match, uri: Uri): T | undefined {
    return this.#values[match].get(uri);
  }

  /** Adds the entry or replaces its value. `uri` must be valid under `match`. */
  set(match: Match, uri: Uri, value: T): void {
    this.#values[match].set(uri, value);
    if (match === "prefix") this.#prefixes.set(uri, value);
    else if (match === "wildcard") this.#wildcards.set(uri, value);
  }

  /** Removes the entry; returns whether the map had it. */
  delete(match: Match, uri: Uri): boolean {
    if (!this.#values[match].delete(uri)) return false;
    if (match === "prefix") this.#prefixes.delete(uri);
    else if (match === "wildcard") this.#wildcards.delete(uri);
    return true;
  }

  /** Every value, or those of one policy; by policy in order of precedence, then as they were added. */
  *values(match?: Match): Generator<T, void, undefined> {
    for (const each of match === undefined ? MATCHES : [match]) yield* this.#values[each].values();
  }

  /** Every entry as `[match, uri, value]`, in the order of `values`. */
  *entries(): Generator<readonly [match: Match, uri: Uri, value: T], void, undefined> {
    for (const match of MATCHES) {
      for (const [uri, value] of this.#values[match]) yield [match, uri, value];
    }
  }

  /** The value stored for exactly this URI. */
  exact(uri: Uri): T | undefined {
    return this.#exact.get(uri);
  }

  /** The value of the longest stored prefix of `uri`. */
  longestPrefix(uri: Uri): T | undefined {
    return this.#values.prefix.size === 0 ? undefined : this.#prefixes.longest(uri);
  }

  /** The value of the wildcard pattern that matches `uri` and has a literal where the others first differ from it. */
  bestWildcard(uri: Uri): T | undefined {
    return this.#values.wildcard.size === 0 ? undefined : this.#wildcards.best(uri);
  }

  /** The one value a call of `uri` goes to: exact, else longest prefix, else best wildcard. */
  best(uri: Uri): T | undefined {
    return this.#exact.get(uri) ?? this.longestPrefix(uri) ?? this.bestWildcard(uri);
  }

  /**
   * Calls `visit` with every value that covers `uri`: exact, prefixes from the longest, wildcards from the most
   * specific. `visit` must not change the map.
   */
  forEachMatch(uri: Uri, visit: (value: T) => void): void {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) visit(exact);
    if (this.#values.prefix.size > 0) this.#prefixes.forEachMatch(uri, visit);
    if (this.#values.wildcard.size > 0) this.#wildcards.forEachMatch(uri, visit);
  }

  /** The values `forEachMatch` visits, in a new array that stays valid while the map changes. */
  matching(uri: Uri): T[] {
    const found: T[] = [];
    this.forEachMatch(uri, (value) => found.push(value));
    return found;
  }

  /** Nodes behind the patterns, of which an empty map keeps two; for tests of deletion. */
  get nodeCount(): number {
    return this.#prefixes.nodeCount + this.#wildcards.nodeCount;
  }
}
