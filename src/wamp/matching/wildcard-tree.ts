/** Finds the stored wildcard patterns that match a URI in one search along it. */

import type { Uri } from "../protocol/values.ts";
import { COMPONENTS, componentEnd, type Node, RadixTree } from "./radix-tree.ts";

/**
 * Pattern → value. An empty component of a pattern matches any one non-empty component; the number of components must
 * be equal (Wildcard Matching). The literal branch is searched before the wildcard, so patterns come out in order of
 * precedence: where two differ first, the literal one leads.
 */
export class WildcardTree<T extends NonNullable<unknown>> extends RadixTree<T> {
  constructor() {
    super(COMPONENTS);
  }

  /** The value of the most specific pattern that matches `uri`. */
  best(uri: Uri): T | undefined {
    return findBest(this.root, uri, 0);
  }

  /** Calls `visit` with the value of every pattern that matches `uri`, the most specific first. */
  forEachMatch(uri: Uri, visit: (value: T) => void): void {
    visitMatches(this.root, uri, 0, visit);
  }
}

const NO_MATCH = -1;

/** `at` is where the next component of `uri` begins; beyond the end of `uri` none is left. */
function findBest<T>(node: Node<T>, uri: Uri, at: number): T | undefined {
  if (at > uri.length) return node.value;
  const literal = node.children.get(uri.slice(at, componentEnd(uri, at)));
  return findBestBelow(literal, uri, at) ?? findBestBelow(node.children.get(""), uri, at);
}

function findBestBelow<T>(child: Node<T> | undefined, uri: Uri, at: number): T | undefined {
  if (child === undefined) return undefined;
  const next = matchLabel(child.label, uri, at);
  return next === NO_MATCH ? undefined : findBest(child, uri, next);
}

function visitMatches<T>(node: Node<T>, uri: Uri, at: number, visit: (value: T) => void): void {
  if (at > uri.length) {
    if (node.value !== undefined) visit(node.value);
    return;
  }
  visitMatchesBelow(node.children.get(uri.slice(at, componentEnd(uri, at))), uri, at, visit);
  visitMatchesBelow(node.children.get(""), uri, at, visit);
}

function visitMatchesBelow<T>(child: Node<T> | undefined, uri: Uri, at: number, visit: (value: T) => void): void {
  if (child === undefined) return;
  const next = matchLabel(child.label, uri, at);
  if (next !== NO_MATCH) visitMatches(child, uri, next, visit);
}

/**
 * Where in `uri` the component after those that `label` covers from `at` on begins, or NO_MATCH. An empty component of
 * `uri` matches no pattern, so the wildcard child, which it finds as if it were a literal, is never taken twice.
 */
function matchLabel(label: string, uri: Uri, at: number): number {
  let start = at;
  for (let from = 0; from <= label.length; ) {
    const to = componentEnd(label, from);
    const end = componentEnd(uri, start);
    if (start >= end) return NO_MATCH;
    if (from < to && (to - from !== end - start || !uri.startsWith(label.slice(from, to), start))) return NO_MATCH;
    from = to + 1;
    start = end + 1;
  }
  return start;
}
