/** Matching of one pattern and of many, by the examples of the specification. */

import { describe, expect, test } from "vitest";
import type { Match } from "../../../src/wamp/protocol/uri.ts";
import { type Entry, MATCHES, mapOf, REFERENCE } from "./pattern-map-entries.ts";

describe("matching one pattern", () => {
  test.each([
    ["com.myapp.topic.emergency", "com.myapp.topic.emergency.11", true],
    ["com.myapp.topic.emergency", "com.myapp.topic.emergency-low", true],
    ["com.myapp.topic.emergency", "com.myapp.topic.emergency.category.severe", true],
    ["com.myapp.topic.emergency", "com.myapp.topic.emergency", true],
    ["com.myapp.topic.emergency", "com.myapp.topic.emerge", false],
    ["com.myapp.topic.emergency", "com.myapp.topic.emergencx.1", false],
    ["com.myapp.", "com.myapp.x", true],
    ["com.myapp.", "com.myapp", false],
  ])("the prefix %j against %j: %s, as a plain string [PAT-02]", (prefix, uri, expected) => {
    expect(matches("prefix", prefix, uri)).toBe(expected);
  });

  test.each(["a", "com.myapp.x", "wamp.session.on_join"])("the empty prefix matches %j [PAT-03]", (uri) => {
    expect(matches("prefix", "", uri)).toBe(true);
  });

  test.each([
    ["com.myapp..userevent", "com.myapp.foo.userevent", true],
    ["com.myapp..userevent", "com.myapp.foo.userevent.bar", false],
    ["com.myapp..userevent", "com.myapp.foo.user", false],
    ["com.myapp..userevent", "com.myapp2.foo.userevent", false],
    ["com.myapp..userevent", "com.myapp.userevent", false],
    ["com.myapp..userevent", "com.myapp..userevent", false],
  ])("the wildcard pattern %j against %j: %s [PAT-04]", (pattern, uri, expected) => {
    expect(matches("wildcard", pattern, uri)).toBe(expected);
  });

  test.each([
    ["..x", "a.b.x", true],
    ["..x", "b.x", false],
    ["..x", "a.b.y", false],
    ["a.", "a.b", true],
    ["a.", "a", false],
    ["a.", "a.b.c", false],
    ["a.", "b.b", false],
    [".", "a.b", true],
    [".", "a", false],
    [".", "a.b.c", false],
    [".b", "a.b", true],
    [".b", "b", false],
    ["", "a", true],
    ["", "a.b", false],
    ["a..b..c", "a.1.b.2.c", true],
    ["a..b..c", "a.1.x.2.c", false],
  ])("wildcards lead, trail and come in numbers: %j against %j: %s [PAT-05]", (pattern, uri, expected) => {
    expect(matches("wildcard", pattern, uri)).toBe(expected);
  });

  test("a wildcard pattern without empty components matches only itself and is not the exact entry [PAT-06]", () => {
    const map = mapOf([
      ["exact", "a.b"],
      ["wildcard", "a.b"],
    ]);
    expect(map.matching("a.b")).toEqual(["exact a.b", "wildcard a.b"]);
    expect(map.matching("a.c")).toEqual([]);
    expect(map.matching("a.b.c")).toEqual([]);
    expect(map.delete("exact", "a.b")).toBe(true);
    expect(map.matching("a.b")).toEqual(["wildcard a.b"]);
  });

  test.each([
    ["com.Foo", "com.foo"],
    ["com.\u00e9", "com.e\u0301"],
    ["com.ﬁ", "com.fi"],
  ])("%j and %j are different URIs under every policy [URI-15]", (stored, uri) => {
    for (const match of MATCHES) {
      expect(matches(match, stored, uri)).toBe(false);
      expect(matches(match, stored, stored)).toBe(true);
    }
  });
});

describe("matching many patterns", () => {
  test("every match comes once: exact, prefixes from the longest, wildcards from the most specific [PREG-04]", () => {
    const map = mapOf([
      ["wildcard", "..."],
      ["wildcard", "a1...d4"],
      ["prefix", ""],
      ["wildcard", "a1.b2..d4"],
      ["prefix", "a1.b"],
      ["exact", "a1.b2.c3.d4"],
      ["prefix", "a1.b2.c"],
      ["wildcard", ".b2.c3.d4"],
      ["wildcard", "a1..c3."],
      ["exact", "a1.b2.c3"],
      ["prefix", "a1.x"],
    ]);
    expect(map.matching("a1.b2.c3.d4")).toEqual([
      "exact a1.b2.c3.d4",
      "prefix a1.b2.c",
      "prefix a1.b",
      "prefix ",
      "wildcard a1.b2..d4",
      "wildcard a1..c3.",
      "wildcard a1...d4",
      "wildcard .b2.c3.d4",
      "wildcard ...",
    ]);
  });

  test("forEachMatch visits what matching returns, in its order", () => {
    const map = mapOf(REFERENCE);
    const visited: string[] = [];
    map.forEachMatch("a1.b2.c3.d4.e5", (value) => visited.push(value));
    expect(visited).toEqual(["prefix a1.b2.c3.d4", "prefix a1.b2.c3", "wildcard a1.b2..d4.e5"]);
    expect(map.matching("a1.b2.c3.d4.e5")).toEqual(visited);
  });

  test("matching returns a new array", () => {
    const map = mapOf([["exact", "a"]]);
    map.matching("a").push("mine");
    map.matching("b").push("mine");
    expect(map.matching("a")).toEqual(["exact a"]);
    expect(map.matching("b")).toEqual([]);
  });
});

describe("choosing the one registration a call goes to", () => {
  test.each([
    ["a1.b2.c3.d4.e55", "exact a1.b2.c3.d4.e55"],
    ["a1.b2.c3.d98.e74", "prefix a1.b2.c3"],
    ["a1.b2.c3.d4.e325", "prefix a1.b2.c3.d4"],
    ["a1.b2.c55.d4.e5", "wildcard a1.b2..d4.e5"],
    ["a1.b2.c33.d4.e5", "prefix a1.b2.c3"],
    ["a1.b2.c88.d4.e5.f6.g7", "wildcard a1.b2..d4.e5..g7"],
    ["a2.b2.c2.d2.e2", undefined],
  ])("of the reference registrations %j goes to %j [PREG-02][PREG-03][PREG-06]", (uri, expected) => {
    expect(mapOf(REFERENCE).best(uri)).toBe(expected);
    expect(mapOf(REFERENCE.toReversed()).best(uri)).toBe(expected);
  });

  test.each<[string, string, readonly Entry[]]>([
    [
      "a1.b2.c3.d4",
      "exact a1.b2.c3.d4",
      [
        ["exact", "a1.b2.c3.d4"],
        ["prefix", "a1.b2.c3.d4"],
        ["wildcard", "a1.b2.c3.d4"],
      ],
    ],
    [
      "a1.b2.c3.d4",
      "prefix a1.b2.c3",
      [
        ["prefix", "a1.b2"],
        ["prefix", "a1.b2.c3"],
        ["prefix", "a1"],
      ],
    ],
    [
      "a1.b2.c3.d4",
      "wildcard a1.b2..d4",
      [
        ["wildcard", "a1...d4"],
        ["wildcard", "a1.b2..d4"],
      ],
    ],
    [
      "a1.b2.c44.d4.e5",
      "wildcard a1.b2.c44..e5",
      [
        ["wildcard", "a1.b2..d4.e5"],
        ["wildcard", "a1.b2.c44..e5"],
      ],
    ],
    [
      "a.b.c.d",
      "wildcard a...",
      [
        ["wildcard", ".b.c.d"],
        ["wildcard", "a..."],
      ],
    ],
    [
      "a.b.c",
      "wildcard ..c",
      [
        ["wildcard", "a.b.x"],
        ["wildcard", "a..x"],
        ["wildcard", "..c"],
        ["wildcard", ".."],
      ],
    ],
    [
      "a.b.c.d",
      "prefix a",
      [
        ["prefix", "a"],
        ["wildcard", "a.b..d"],
      ],
    ],
    [
      "a.b.c.d",
      "prefix ",
      [
        ["wildcard", "a.b.c."],
        ["prefix", ""],
      ],
    ],
  ])(
    "%j goes to %j, in whatever order they came [PREG-02][PREG-03][PREG-04][PREG-05][PREG-07]",
    (uri, expected, entries) => {
      expect(mapOf(entries).best(uri)).toBe(expected);
      expect(mapOf(entries.toReversed()).best(uri)).toBe(expected);
    },
  );

  test("each policy can be looked up alone, for callers with another order of precedence [PREG-02][PREG-03][PREG-04]", () => {
    const map = mapOf([
      ["exact", "a.b.c"],
      ["prefix", "a."],
      ["prefix", "a.b"],
      ["wildcard", "a.b."],
      ["wildcard", "a..c"],
    ]);
    expect([map.exact("a.b.c"), map.bestWildcard("a.b.c"), map.longestPrefix("a.b.c")]).toEqual([
      "exact a.b.c",
      "wildcard a.b.",
      "prefix a.b",
    ]);
    expect([map.exact("x"), map.bestWildcard("x"), map.longestPrefix("x")]).toEqual([undefined, undefined, undefined]);
  });
});

/** Whether the pattern, stored alone, covers `uri`; the two ways to look it up must agree. */
function matches(match: Match, pattern: string, uri: string): boolean {
  const map = mapOf([[match, pattern]]);
  const isMatch = map.matching(uri).length > 0;
  expect(map.best(uri) !== undefined).toBe(isMatch);
  return isMatch;
}
