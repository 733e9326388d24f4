/** The search for the nearest text takes bounded work. */

import { expect, test } from "vitest";
import { MOST_COMPARISONS, NearestSearch } from "../../../src/wamp/monitoring/edit-distance.ts";

/** How many candidates a search has looked at. */
function looked(search: NearestSearch, text: string, count: number, candidate: (index: number) => string): number {
  let seen = 0;
  function* candidates() {
    for (let index = 0; index < count; index++, seen++) yield candidate(index);
  }
  expect(search.nearest(text, candidates())).toBe(undefined);
  return seen;
}

test.each([
  ["differ from the start", (index: number) => `${"b".repeat(400)}${index}`],
  ["differ at the end", (index: number) => `${"a".repeat(390)}${"b".repeat(10)}${index}`],
])("a search among long texts that %s ends when its comparisons are used up", (_, candidate) => {
  const search = new NearestSearch();
  const text = "a".repeat(402);
  expect(looked(search, text, 10_000, candidate)).toBeLessThan(MOST_COMPARISONS / 400);
  expect(looked(search, text, 10, candidate)).toBe(0);
});

test("a search looks at all of a hundred texts of usual length", () => {
  const search = new NearestSearch();
  for (let count = 0; count < 100; count++) {
    expect(
      looked(search, "com.example.device-17.temperature", 100, (index) => `com.example.orders.created-${index}`),
    ).toBe(100);
  }
});
