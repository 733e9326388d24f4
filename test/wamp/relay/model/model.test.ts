/** Random conversations over relays and a core, whose links are slow and lossy, and which sleep and crash. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { faultOf, findFault, MODES, type Mode, optionsOf } from "./conversations.ts";
import { FAULTS, FAULTS_OF_MOVES } from "./faults.ts";

/** Seeds that have shown a fault once, by `npm run model`. */
const SEEDS_THAT_FAILED: readonly number[] = [
  1001, 1018, 1079, 1085, 1098, 2073, 5497, 5516, 16666, 19542, 28445, 38996, 41096, 2009, 1726, 7916, 55401, 70931,
];
const SEEDS = [...SEEDS_THAT_FAILED, ...Array.from({ length: 40 }, (_, index) => index + 1)];

describe("random conversations show no fault", () => {
  test.each(Object.keys(MODES) as Mode[])("%s", (mode) => {
    expect(findFault(SEEDS, mode)).toBeUndefined();
  });
});

describe("the model finds", () => {
  afterEach(() => vi.restoreAllMocks());

  const anySign = /^(?!none)/;
  test.each(FAULTS.map(([name, plant, sign]) => [name, plant, sign ?? anySign] as const))("%s", (_, plant, sign) => {
    plant();
    const rough = { relays: 3, losses: 0.3, duplicates: 0.1, sleeps: true, outages: false };
    const seeds = Array.from({ length: 1_500 }, (_, index) => index + 1);
    // The rarest fault needs an answer that is lost before a crash, and shows in one conversation of a hundred.
    const finds = (seed: number): boolean => {
      return sign.test(faultOf(seed, { ...rough, crashes: seed % 2 > 0 ? 0.4 : 0 }) ?? "none");
    };
    expect(seeds.some(finds)).toBe(true);
  });

  test.each(FAULTS_OF_MOVES)("%s", (_, plant, mode) => {
    plant();
    const seeds = Array.from({ length: 500 }, (_, index) => index + 1);
    expect(seeds.some((seed) => faultOf(seed, optionsOf(seed, mode)) !== undefined)).toBe(true);
  });
});
