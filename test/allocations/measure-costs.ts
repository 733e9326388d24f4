/** Measures the costs of the conversations in a Node of their own; `npm run allocations` prints or records them. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What one exchange of a conversation costs. */
export interface Cost {
  /** Objects that are allocated, on the heap of V8. */
  readonly objects: number;
  readonly bytes: number;
  /** Frames that are sent, each a call into the platform. */
  readonly frames: number;
}

/** Name of a conversation → its costs. */
export type Costs = Readonly<Record<string, Cost>>;

const RECORD = join(import.meta.dirname, "recorded.json");
/** The Node of package.json: another version of V8 allocates otherwise. */
const NODE = join(import.meta.dirname, "../../node_modules/node/bin/node");
/** Without optimizing compilers every allocation in the source is one at run time. */
const FLAGS = ["--no-opt", "--no-maglev"];

/** Measures; `plant` is a module that Node imports first. */
export function measureCosts(plant?: string): Costs {
  const imports = plant === undefined ? [] : ["--import", join(import.meta.dirname, plant)];
  const command = [...FLAGS, ...imports, join(import.meta.dirname, "measure.ts")];
  return JSON.parse(execFileSync(NODE, command, { encoding: "utf8" }));
}

/** The costs that `npm run allocations -- --write` recorded. */
export function recordedCosts(): Costs {
  return JSON.parse(readFileSync(RECORD, "utf8"));
}

if (process.argv[1] === import.meta.filename) {
  const costs = measureCosts();
  if (process.argv.includes("--write")) writeFileSync(RECORD, `${JSON.stringify(costs, null, 2)}\n`);
  console.table(costs);
}
