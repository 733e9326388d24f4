/** The URI that two patterns share. */

import { describe, expect, it } from "vitest";
import { sharedUri } from "../../../src/wamp/matching/overlap.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";

describe("the URI two patterns share", () => {
  it.each<[a: Match, uriA: string, b: Match, uriB: string, shared: string | undefined]>([
    ["prefix", "com.", "prefix", "com.a", "com.a#.#.#"],
    ["prefix", "com.", "prefix", "org.", undefined],
    ["prefix", "com.a", "exact", "com.ab", "com.ab"],
    ["prefix", "com.a.b", "exact", "com.a", undefined],
    ["prefix", "com.a", "wildcard", "com..", "com.a#.#"],
    ["prefix", "com.a.b.", "wildcard", "com.a.", undefined],
    ["wildcard", "com..x", "wildcard", "com.a.", "com.a.x"],
    ["wildcard", "com..", "wildcard", ".a.", "com.a.#"],
    ["wildcard", "com.", "wildcard", "com..", undefined],
    ["wildcard", "com.a", "exact", "com.a.b", undefined],
    ["wildcard", "com..x", "exact", "com.a.y", undefined],
  ])("%s %j and %s %j: %j", (a, uriA, b, uriB, shared) => {
    expect(sharedUri({ match: a, uri: uriA }, { match: b, uri: uriB }, 2)).toBe(shared);
    expect(sharedUri({ match: b, uri: uriB }, { match: a, uri: uriA }, 2)).toBe(shared);
  });
});
