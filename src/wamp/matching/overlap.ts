/** Finds one URI that represents all URIs which two patterns share. */

import type { Pattern } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";

/** A component that no rule can name, because URIs have no `#`: only wildcards and prefixes match it. */
const ANY = "#";

/**
 * A URI both patterns match, and that any third pattern matches only if it matches every URI these two share; undefined
 * where they share none. `depth` is the most components of any wildcard pattern in play: a pattern that matches an
 * open-ended overlap must match more components.
 */
export function sharedUri(a: Pattern, b: Pattern, depth: number): Uri | undefined {
  if (a.match !== "prefix") return b.match === "prefix" ? fill(a, b) : merge(a, b);
  if (b.match !== "prefix") return fill(b, a);
  const [longer, shorter] = a.uri.length >= b.uri.length ? [a.uri, b.uri] : [b.uri, a.uri];
  return longer.startsWith(shorter) ? longer + ANY + `.${ANY}`.repeat(depth) : undefined;
}

/**
 * A wildcard or exact pattern within a prefix: components one by one, of which the last one of the prefix is only a
 * beginning.
 */
function fill(pattern: Pattern, prefix: Pattern): Uri | undefined {
  const components = componentsOf(pattern);
  const heads = prefix.uri.split(".");
  if (heads.length > components.length) return undefined;
  const beginning = heads.pop() ?? "";
  const last = components[heads.length] ?? "";
  if (last !== ANY && !last.startsWith(beginning)) return undefined;
  const ending = last === ANY ? beginning + ANY : last;
  return joined([...heads, ending, ...components.slice(heads.length + 1)], components);
}

/** Two patterns with a fixed number of components. */
function merge(a: Pattern, b: Pattern): Uri | undefined {
  const [left, right] = [componentsOf(a), componentsOf(b)];
  if (left.length !== right.length) return undefined;
  return joined(
    left.map((component, index) => (component === ANY ? (right[index] ?? ANY) : component)),
    right,
  );
}

/** The URI of `chosen`, if each of its components satisfies the one required in its place. */
function joined(chosen: readonly string[], required: readonly string[]): Uri | undefined {
  const fits = chosen.every((component, index) => required[index] === ANY || required[index] === component);
  return fits ? chosen.join(".") : undefined;
}

function componentsOf({ uri, match }: Pattern): string[] {
  return uri.split(".").map((component) => (component === "" && match === "wildcard" ? ANY : component));
}
