/**
 * `npm run model -- FIRST LAST`: runs the conversations of these seeds, with each mode in turn. With `--compare` as the
 * first argument it plays random messages against relays and a realm of one object, and compares what clients get.
 */

import { differenceOf } from "../comparison/comparison.ts";
import { findFault, MODES, type Mode } from "./conversations.ts";

const [option, ...rest] = process.argv.slice(2);
const isComparison = option === "--compare";
const [first = 1, last = 10_000] = (isComparison ? rest : process.argv.slice(2)).map(Number);
if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last)) {
  console.error("usage: npm run model -- [--compare] FIRST LAST (the seeds of the conversations, whole numbers)");
  process.exit(2);
}
const modes = Object.keys(MODES) as Mode[];
let faults = 0;
for (let seed = first; seed <= last; seed++) {
  const fault = isComparison ? await differenceOf(seed) : faultOf(seed);
  if (fault === undefined) continue;
  faults++;
  console.log(fault);
}
console.log(`${last - first + 1} conversations, ${faults} with a fault`);
process.exitCode = faults > 0 ? 1 : 0;

/** Every mode meets every number of relays, which is another remainder of the seed. */
function faultOf(seed: number): string | undefined {
  const mode = modes[Math.floor(seed / 4) % modes.length]!;
  const fault = findFault([seed], mode);
  return fault === undefined ? undefined : `${mode}: ${fault}`;
}
