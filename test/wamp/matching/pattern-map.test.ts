/** Matching by the specification's examples, against a naive matcher, and at a cost other patterns do not raise. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { PatternMap } from "../../../src/wamp/matching/pattern-map.ts";
import { PrefixTree } from "../../../src/wamp/matching/prefix-tree.ts";
import { WildcardTree } from "../../../src/wamp/matching/wildcard-tree.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";

type Entry = readonly [match: Match, uri: string];

const MATCHES: readonly Match[] = ["exact", "prefix", "wildcard"];

afterEach(() => vi.restoreAllMocks());

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

  test("the array that matching returns is the caller's own", () => {
    const map = mapOf([["exact", "a"]]);
    map.matching("a").push("mine");
    map.matching("b").push("mine");
    expect(map.matching("a")).toEqual(["exact a"]);
    expect(map.matching("b")).toEqual([]);
  });
});

const REFERENCE: readonly Entry[] = [
  ["exact", "a1.b2.c3.d4.e55"],
  ["prefix", "a1.b2.c3"],
  ["prefix", "a1.b2.c3.d4"],
  ["wildcard", "a1.b2..d4.e5"],
  ["wildcard", "a1.b2.c33..e5"],
  ["wildcard", "a1.b2..d4.e5..g7"],
  ["wildcard", "a1.b2..d4..f6.g7"],
];

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

  test("each policy can be asked by itself, for callers with another order of precedence [PREG-02][PREG-03][PREG-04]", () => {
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

describe("keeping entries", () => {
  test("the same URI under three policies is three entries, each deleted by itself", () => {
    const map = mapOf(MATCHES.map((match) => [match, "a.b"]));
    expect(map.size).toBe(3);
    expect([...map.entries()]).toEqual([
      ["exact", "a.b", "exact a.b"],
      ["prefix", "a.b", "prefix a.b"],
      ["wildcard", "a.b", "wildcard a.b"],
    ]);
    expect(map.delete("prefix", "a.b")).toBe(true);
    expect(map.delete("prefix", "a.b")).toBe(false);
    expect(MATCHES.map((match) => map.get(match, "a.b"))).toEqual(["exact a.b", undefined, "wildcard a.b"]);
    expect([...map.values()]).toEqual(["exact a.b", "wildcard a.b"]);
    expect([...map.values("prefix")]).toEqual([]);
    expect([...map.values("wildcard")]).toEqual(["wildcard a.b"]);
  });

  test.each(MATCHES)("setting an entry of policy %s again replaces its value", (match) => {
    const map = mapOf([[match, "a.b"]]);
    map.set(match, "a.b", "new");
    expect(map.size).toBe(1);
    expect(map.get(match, "a.b")).toBe("new");
    expect(map.matching("a.b")).toEqual(["new"]);
  });

  test("deleting a pattern carves nothing out of a broader one", () => {
    const map = mapOf([
      ["prefix", "com."],
      ["prefix", "com.myapp."],
      ["wildcard", "com.."],
      ["wildcard", "com.myapp."],
    ]);
    map.delete("prefix", "com.myapp.");
    map.delete("wildcard", "com.myapp.");
    expect(map.matching("com.myapp.x")).toEqual(["prefix com.", "wildcard com.."]);
  });

  test("a pattern of a thousand components costs no more nodes than a short one", () => {
    const map = mapOf([
      ["wildcard", ".".repeat(1000)],
      ["wildcard", `${"a.".repeat(1000)}b`],
      ["wildcard", `${"a.".repeat(1000)}c`],
      ["prefix", "a.".repeat(1000)],
    ]);
    expect(map.nodeCount).toBe(7); // two roots, four patterns, one fork
    expect(map.matching(`${"a.".repeat(1000)}c`)).toHaveLength(3);
  });
});

describe("the trees behind the patterns", () => {
  test("delete joins the nodes that the pattern had split", () => {
    const map = mapOf([
      ["prefix", "com.a.x"],
      ["wildcard", "com.a..x"],
    ]);
    const before = map.nodeCount;
    for (const uri of ["com.a", "com.b", "com"]) {
      for (const match of ["prefix", "wildcard"] as const) {
        map.set(match, uri, "gone");
        expect(map.delete(match, uri)).toBe(true);
      }
    }
    expect(map.nodeCount).toBe(before);
    expect([map.longestPrefix("com.a.x.y"), map.bestWildcard("com.a.1.x")]).toEqual([
      "prefix com.a.x",
      "wildcard com.a..x",
    ]);
  });

  test.each(["com.a.b", "com.a", "com.a.x.y", "com.a.", "com.a.y", "org", ""])(
    "deleting %j, which was never stored, changes nothing",
    (absent) => {
      for (const tree of [new PrefixTree<string>(), new WildcardTree<string>()]) {
        tree.set("com.a.x", "kept");
        tree.delete(absent);
        const found: string[] = [];
        tree.forEachMatch("com.a.x", (value) => found.push(value));
        expect([found, tree.nodeCount]).toEqual([["kept"], 2]);
      }
    },
  );
});

describe("against a naive matcher", () => {
  const SEEDS = Array.from({ length: 4000 }, (_, seed) => seed);

  test("random maps with interleaved set and delete answer alike, and emptied they keep nothing [PAT-02][PAT-04][PAT-05][PREG-03][PREG-04][PREG-07]", () => {
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

describe("the cost of a lookup", () => {
  const URI = "com.example.device.42.temperature";

  test("with no pattern stored it is one Map lookup, and the URI is not taken apart [PAT-12]", () => {
    const map = mapOf([
      ["exact", URI],
      ["prefix", "gone"],
      ["wildcard", "gone."],
    ]);
    map.delete("prefix", "gone");
    map.delete("wildcard", "gone.");
    for (const lookup of [() => map.matching(URI), () => map.matching("other"), () => map.best("other")]) {
      expect(operations(lookup)).toEqual({ mapGets: 1, stringScans: 0 });
    }
  });

  test.each(["prefix", "wildcard"] as const)("it does not grow with unrelated %s patterns [PAT-12]", (match) => {
    const map = mapOf([
      ["exact", URI],
      ["prefix", "com.example."],
      ["wildcard", "com..device..temperature"],
    ]);
    const store = (from: number, to: number) => {
      for (let i = from; i < to; i++) map.set(match, `org.n${i}..x.${i}.`, "unrelated");
    };
    store(0, 10);
    const few = [operations(() => map.matching(URI)), operations(() => map.best(`${URI}2`))];
    store(10, 10_000);
    expect([operations(() => map.matching(URI)), operations(() => map.best(`${URI}2`))]).toEqual(few);
    expect(map.matching(URI)).toHaveLength(3);
  });

  test("it does not grow with patterns that share the URI's beginning and then differ [PAT-12]", () => {
    const map = new PatternMap<string>();
    const store = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        map.set("prefix", `com.example.x${i}.`, "unrelated");
        map.set("wildcard", `com.example..x${i}.y`, "unrelated");
      }
    };
    store(0, 10);
    const few = operations(() => map.matching(URI));
    store(10, 10_000);
    expect(operations(() => map.matching(URI))).toEqual(few);
  });
});

/** A map whose values name their entries: `"prefix com."`. */
function mapOf(entries: readonly Entry[]): PatternMap<string> {
  const map = new PatternMap<string>();
  for (const [match, uri] of entries) map.set(match, uri, `${match} ${uri}`);
  return map;
}

/** Whether the pattern, stored alone, covers `uri`; the two ways to look it up must agree. */
function matches(match: Match, pattern: string, uri: string): boolean {
  const map = mapOf([[match, pattern]]);
  const isMatch = map.matching(uri).length > 0;
  expect(map.best(uri) !== undefined).toBe(isMatch);
  return isMatch;
}

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

/** Policy first; then the longer prefix; then the wildcard pattern with a literal where the two first differ. */
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

/** One to five components of one or two letters. Odd shapes ask for URIs with empty components too, which no rule lets in. */
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

/** How often `lookup` asks a `Map` and looks into or cuts a string. */
function operations(lookup: () => unknown): { mapGets: number; stringScans: number } {
  const mapGet = vi.spyOn(Map.prototype, "get");
  const scans = (["indexOf", "slice", "split", "startsWith", "charAt"] as const).map((name) =>
    vi.spyOn(String.prototype, name),
  );
  mapGet.mockClear();
  for (const scan of scans) scan.mockClear();
  lookup();
  const counts = {
    mapGets: mapGet.mock.calls.length,
    stringScans: scans.reduce((sum, scan) => sum + scan.mock.calls.length, 0),
  };
  vi.restoreAllMocks();
  return counts;
}
