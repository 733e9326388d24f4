/** The cost of a lookup does not grow with other patterns. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { PatternMap } from "../../../src/wamp/matching/pattern-map.ts";
import { mapOf } from "./pattern-map-entries.ts";

afterEach(() => vi.restoreAllMocks());

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

/** Counts the calls of `Map.get` and of string methods by `lookup`. */
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
