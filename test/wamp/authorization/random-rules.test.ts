/** Random rules decide as an oracle that matches each URI by itself. */

import { describe, expect, it } from "vitest";
import type { Match } from "../../../src/wamp/protocol/uri.ts";
import { ALL, decideWith } from "./role-rules.ts";

/** A small seeded generator (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Pattern {
  readonly uri: string;
  readonly match: Match;
}

type Rule = Pattern & { readonly allow: { readonly subscribe: boolean } };

function randomPattern(random: (below: number) => number, matches: readonly Match[]): Pattern {
  const match = matches[random(matches.length)] ?? "exact";
  const words = ["a", "b", "ab"];
  const components = Array.from({ length: 1 + random(3) }, () => words[random(3)] ?? "a");
  const holed = components.map((word) => (match === "wildcard" && random(2) === 0 ? "" : word));
  if (match === "prefix" && random(2) === 0) holed[holed.length - 1] = "";
  return { uri: holed.join("."), match };
}

/** Matches one URI as the specification describes it. */
function matches({ uri: pattern, match }: Pattern, uri: string): boolean {
  if (match === "exact") return uri === pattern;
  if (match === "prefix") return uri.startsWith(pattern);
  const [wanted, found] = [pattern.split("."), uri.split(".")];
  return wanted.length === found.length && wanted.every((word, index) => word === "" || word === found[index]);
}

/** The precedence of a rule as text: the greatest text wins. */
function rank({ uri, match }: Pattern): string {
  if (match === "exact") return "3";
  if (match === "prefix") return `1${String(uri.length).padStart(4, "0")}`;
  return `2${uri
    .split(".")
    .map((word) => (word === "" ? 0 : 1))
    .join("")}`;
}

/** The oracle: the decision of the matching rule with the highest precedence. */
function oracleDecision(rules: readonly Rule[], uri: string): boolean {
  const best = rules.filter((rule) => matches(rule, uri)).toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))[0];
  return best?.allow.subscribe ?? false;
}

/** All URIs of one to four components, with words that occur in rules and words that do not. */
function allUris(): string[] {
  const words = ["a", "b", "ab", "z", "az", "bz", "abz"];
  const uris: string[][] = [words];
  for (let length = 2; length <= 4; length++) {
    uris.push((uris[length - 2] ?? []).flatMap((head) => words.map((word) => `${head}.${word}`)));
  }
  return uris.flat();
}

describe("random rules", () => {
  const uris = allUris();

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "[AZ-01][AZ-08][AZ-09] decide as an oracle for single URIs (seed %i)",
    (seed) => {
      const random = randomFrom(seed);
      const byPattern = new Map<string, Rule>();
      for (let count = random(8); count >= 0; count--) {
        const pattern = randomPattern(random, ["exact", "prefix", "wildcard"]);
        byPattern.set(`${pattern.match} ${pattern.uri}`, { ...pattern, allow: { subscribe: random(3) > 0 } });
      }
      if (random(2) === 0) byPattern.set("prefix ", { uri: "", match: "prefix", allow: { subscribe: true } });
      const rules = [...byPattern.values()];
      const { may } = decideWith(...rules);
      const isAllowed = new Map(uris.map((uri) => [uri, oracleDecision(rules, uri)]));
      expect(uris.filter((uri) => may("subscribe", uri) !== isAllowed.get(uri))).toEqual([]);
      for (let count = 0; count < 12; count++) {
        const pattern = randomPattern(random, ["prefix", "wildcard"]);
        const expected = uris.every((uri) => !matches(pattern, uri) || isAllowed.get(uri));
        expect([pattern, rules, may("subscribe", pattern.uri, pattern.match)]).toEqual([pattern, rules, expected]);
      }
    },
  );

  it("[AZ-08] the random patterns are neither all allowed nor all denied", () => {
    const random = randomFrom(1);
    const { may } = decideWith({ uri: "", match: "prefix", allow: ALL }, { uri: "a.", match: "prefix", allow: {} });
    const decisions = Array.from({ length: 200 }, () => randomPattern(random, ["prefix", "wildcard"])).map(
      ({ uri, match }) => may("subscribe", uri, match),
    );
    const allowed = decisions.filter(Boolean).length;
    expect(allowed).toBeGreaterThan(40);
    expect(allowed).toBeLessThan(160);
  });
});
