/** `npm run model -- FIRST LAST`: runs the conversations of these seeds, with each mode in turn. */

import { findFault, MODES, type Mode } from "./conversations.ts";

const [first = 1, last = 10_000] = process.argv.slice(2).map(Number);
if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last)) {
  console.error("usage: npm run model -- FIRST LAST (the seeds of the conversations, whole numbers)");
  process.exit(2);
}
const modes = Object.keys(MODES) as Mode[];
let faults = 0;
for (let seed = first; seed <= last; seed++) {
  // Every mode meets every number of relays, which is another remainder of the seed.
  const mode = modes[Math.floor(seed / 4) % modes.length]!;
  const fault = findFault([seed], mode);
  if (fault === undefined) continue;
  faults++;
  console.log(`${mode}: ${fault}`);
}
console.log(`${last - first + 1} conversations, ${faults} with a fault`);
process.exitCode = faults > 0 ? 1 : 0;
