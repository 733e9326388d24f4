/** Runs conversations of the model, and finds the shortest one that shows a fault. */

import { type ModelOptions, ModelRealm } from "./model-realm.ts";

/** Things that happen in one conversation. */
const STEPS = 250;

const CALM: ModelOptions = { relays: 3, losses: 0, duplicates: 0, sleeps: false, crashes: 0, outages: false };
const LOSSY: ModelOptions = { ...CALM, losses: 0.1, duplicates: 0.1 };

/** What may go wrong, by name. */
export const MODES = {
  "over calm links": CALM,
  "over links that lose and duplicate": LOSSY,
  "with objects that sleep": { ...CALM, sleeps: true },
  "with objects that sleep, over links that lose and duplicate": { ...LOSSY, sleeps: true },
  "with sessions that are resumed elsewhere": { ...CALM, sleeps: true, resumes: true },
  "with sessions that are resumed elsewhere, over links that lose and duplicate": {
    ...{ ...LOSSY, sleeps: true, resumes: true },
  },
  "with objects that crash, over calm links": { ...CALM, sleeps: true, crashes: 0.2 },
  "with sessions that are resumed elsewhere, and objects that crash": {
    ...{ ...LOSSY, sleeps: true, crashes: 0.2, resumes: true },
  },
  "with sessions that are resumed elsewhere, and links that are down for minutes": {
    ...{ ...CALM, sleeps: true, outages: true, resumes: true },
  },
  "with objects that crash": { ...LOSSY, sleeps: true, crashes: 0.2 },
  "with links that are down for minutes": { ...CALM, sleeps: true, outages: true },
  "with all of these": { ...LOSSY, sleeps: true, crashes: 0.1, outages: true },
  "with sessions that are resumed elsewhere, and all of these": {
    ...LOSSY,
    sleeps: true,
    crashes: 0.1,
    outages: true,
    resumes: true,
  },
} as const satisfies Record<string, ModelOptions>;

export type Mode = keyof typeof MODES;

/** Returns the fault of a conversation; undefined if it has none. */
export function faultOf(seed: number, options: ModelOptions, steps = STEPS): string | undefined {
  try {
    const realm = new ModelRealm(seed, options);
    realm.run(steps);
    realm.finish();
    return undefined;
  } catch (error) {
    // A fault may also make the code throw.
    return error instanceof Error ? error.stack : String(error);
  }
}

/** Returns the options of a seed: 2 to 5 relays. */
export function optionsOf(seed: number, mode: Mode): ModelOptions {
  return { ...MODES[mode], relays: 2 + (seed % 4) };
}

/** Returns the first fault of the conversations, with the least number of steps that shows it. */
export function findFault(seeds: Iterable<number>, mode: Mode): string | undefined {
  for (const seed of seeds) {
    const options = optionsOf(seed, mode);
    if (faultOf(seed, options) === undefined) continue;
    let steps = 1;
    while (steps < STEPS && faultOf(seed, options, steps) === undefined) steps++;
    return `seed ${seed}, ${steps} steps: ${faultOf(seed, options, steps)}`;
  }
  return undefined;
}
