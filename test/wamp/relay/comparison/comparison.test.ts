/** Clients cannot tell relays from a realm of one object, whatever they send. */

import { describe, expect, test } from "vitest";
import { Comparison } from "./comparison.ts";

/** Seeds that have shown a difference once, by `npm run model -- --compare`. */
const SEEDS_THAT_DIFFERED: readonly number[] = [];
const SEEDS = [...SEEDS_THAT_DIFFERED, 1, 2, 4, 5, 6, 7];

/** Plays a conversation; returns the types of the messages and the errors that its clients have got. */
async function play(seed: number): Promise<Set<unknown>> {
  const comparison = new Comparison(seed, { relays: 1 + (seed % 5), sleeps: seed % 3 === 0 });
  await comparison.run(150);
  return comparison.kinds;
}

describe("random messages are answered alike over relays and by one object", () => {
  test.each(SEEDS)("with seed %d", async (seed) => {
    expect((await play(seed)).size).toBeGreaterThan(5);
  });
});
