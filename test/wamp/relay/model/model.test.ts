/** Random conversations over relays and a core, whose links are slow and lossy, and which sleep and crash. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { FAULTS } from "./faults.ts";
import { Fault } from "./model-client.ts";
import { type ModelOptions, ModelRealm } from "./model-realm.ts";

/** A failure prints its seed; add it here so that every run tries it. */
const SEEDS_THAT_FAILED: readonly number[] = [1001, 1018, 1079, 1085, 1098, 2073, 5497, 5516, 16666];
const RUNS = Number(process.env.MODEL_RUNS ?? 60);
const FIRST = Number(process.env.MODEL_SEED ?? 1);
const STEPS = 250;

const CALM: ModelOptions = { relays: 3, losses: 0, duplicates: 0, sleeps: false, crashes: false };

/** The first fault of a run, with the least number of steps that shows it; undefined if there is none. */
function faultOf(seed: number, options: ModelOptions, steps = STEPS): string | undefined {
  try {
    const realm = new ModelRealm(seed, options);
    realm.run(steps);
    realm.finish();
    return undefined;
  } catch (error) {
    // A planted fault may also make the code throw.
    return error instanceof Fault ? error.message : String((error as Error).stack);
  }
}

function findFault(options: (seed: number) => ModelOptions, runs = RUNS): string | undefined {
  const seeds = [...SEEDS_THAT_FAILED, ...Array.from({ length: runs }, (_, index) => FIRST + index)];
  for (const seed of seeds) {
    if (faultOf(seed, options(seed)) === undefined) continue;
    let steps = 1;
    while (faultOf(seed, options(seed), steps) === undefined) steps++;
    return `seed ${seed}, ${steps} steps: ${faultOf(seed, options(seed), steps)}`;
  }
  return undefined;
}

describe("random conversations show no fault", () => {
  test.each<readonly [string, Partial<ModelOptions>]>([
    ["over calm links", {}],
    ["over links that lose and duplicate", { losses: 0.1, duplicates: 0.1 }],
    ["with objects that sleep", { sleeps: true }],
    ["with objects that sleep, over links that lose and duplicate", { losses: 0.1, duplicates: 0.1, sleeps: true }],
    ["with objects that crash", { losses: 0.1, duplicates: 0.1, sleeps: true, crashes: true }],
  ])("%s", (_, options) => {
    expect(findFault((seed) => ({ ...CALM, ...options, relays: 2 + (seed % 4) }))).toBeUndefined();
  });
});

describe("the model finds", () => {
  afterEach(() => vi.restoreAllMocks());

  test.each(FAULTS)("%s", (_, plant) => {
    plant();
    const rough = { relays: 3, losses: 0.1, duplicates: 0.1, sleeps: true, crashes: true };
    // The rarest fault needs an answer that is lost before a crash: a seed that shows it comes first.
    const seeds = [683, ...Array.from({ length: 1_000 }).keys()];
    const finds = (seed: number): boolean => faultOf(seed, { ...rough, crashes: seed % 2 > 0 }) !== undefined;
    expect(seeds.some(finds)).toBe(true);
  });
});
