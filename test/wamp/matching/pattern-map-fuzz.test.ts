/** Random pattern maps, compared with a naive matcher. */

import { describe, expect, test } from "vitest";
import { PatternMap } from "../../../src/wamp/matching/pattern-map.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";
import { type Entry, MATCHES } from "./pattern-map-entries.ts";

describe("against a naive matcher", () => {
  const SEEDS = Array.from({ length: 4000 }, (_, seed) => seed);

  test("random maps with interleaved set and delete agree, and empty maps keep no nodes [PAT-02][PAT-04][PAT-05][PREG-03][PREG-04][PREG-07]", () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const map = new PatternMap<string>();
      const stored = new Map<string, Entry>();
      for (let step = 0; step < 30; step++) {
        changeBoth(map, stored, random);
        compare(map, stored, randomUri(random, seed), seed);
        expect(map.nodeCount, `seed ${seed}`).toBeLessThanOrEqual(2 + 2 * stored.size);
      }
      for (const [match, uri] of stored.values()) expect(map.delete(match, uri), `seed ${seed}`).toBe(true);
      expect([map.size, map.nodeCount], `seed ${seed}`).toEqual([0, 2]);
    }
  });
});

function changeBoth(map: PatternMap<string>, stored: Map<string, Entry>, random: (below: number) => number): void {
  const known = [...stored.values()];
  const isDelete = random(3) === 0;
  const [match, uri] = (isDelete && known[random(known.length + 1)]) || randomEntry(random);
  const key = `${match} ${uri}`;
  if (isDelete) {
    expect(map.delete(match, uri)).toBe(stored.delete(key));
  } else {
    map.set(match, uri, key);
    stored.set(key, [match, uri]);
  }
}

function compare(map: PatternMap<string>, stored: ReadonlyMap<string, Entry>, uri: string, seed: number): void {
  const expected = [...stored.values()].filter((entry) => covers(entry, uri)).sort(byPrecedence);
  const values = expected.map(([match, pattern]) => `${match} ${pattern}`);
  const first = (match: Match) => values.find((value) => value.startsWith(match));
  expect(
    [map.size, map.matching(uri), map.best(uri), map.exact(uri), map.longestPrefix(uri), map.bestWildcard(uri)],
    `seed ${seed}, URI "${uri}", stored ${JSON.stringify([...stored.keys()])}`,
  ).toEqual([stored.size, values, values[0], first("exact"), first("prefix"), first("wildcard")]);
}

function covers([match, pattern]: Entry, uri: string): boolean {
  if (match === "exact") return pattern === uri;
  if (match === "prefix") return uri.startsWith(pattern);
  const wanted = pattern.split(".");
  const given = uri.split(".");
  return (
    wanted.length === given.length && given.every((each, i) => each !== "" && ["", each].includes(wanted[i] ?? "?"))
  );
}

/**
 * Orders by policy; then the longer prefix first; then the wildcard pattern with a literal where the two first differ.
 */
function byPrecedence([matchA, a]: Entry, [matchB, b]: Entry): number {
  if (matchA !== matchB) return MATCHES.indexOf(matchA) - MATCHES.indexOf(matchB);
  if (matchA === "prefix") return b.length - a.length;
  const other = b.split(".");
  const difference = a.split(".").find((component, i) => component !== other[i]);
  return difference === "" ? 1 : -1;
}

function randomEntry(random: (below: number) => number): Entry {
  const match = MATCHES[random(3)] ?? "exact";
  if (match === "prefix") return [match, randomUri(random, 0).slice(0, random(6))];
  const uri = randomUri(random, 0);
  if (match === "exact") return [match, uri];
  return [
    match,
    uri
      .split(".")
      .map((component) => (random(2) === 0 ? "" : component))
      .join("."),
  ];
}

/**
 * One to five components of one or two letters. One shape in eight has empty components, which the URI rules refuse.
 */
function randomUri(random: (below: number) => number, shape: number): string {
  const components = Array.from({ length: 1 + random(5) }, () => "ab".slice(random(2)) || "a");
  if (shape % 8 === 7 && random(4) === 0) components[random(components.length)] = "";
  return components.join(".");
}

/** A generator of integers in 0..below-1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
