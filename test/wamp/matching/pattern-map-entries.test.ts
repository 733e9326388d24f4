/** Setting and deleting patterns, and the trees that hold them. */

import { describe, expect, test } from "vitest";
import { PrefixTree } from "../../../src/wamp/matching/prefix-tree.ts";
import { WildcardTree } from "../../../src/wamp/matching/wildcard-tree.ts";
import { MATCHES, mapOf } from "./pattern-map-entries.ts";

describe("entries", () => {
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

  test("deleting a pattern leaves broader ones unchanged", () => {
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

describe("trees of patterns", () => {
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
