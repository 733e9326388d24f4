/**
 * `npm run chaos [kills] [stops] [kills with relays]`: ends self-hosted routers under load, fills the disk of one, and starts one on a
 * folder that is not writable. Ends with code 1 if acknowledged data was lost, corrupted or duplicated.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killCycles, type Outcome, type Pace, stopCycles } from "./cycles.ts";
import { fullDisk, NO_SMALL_DISK, readOnlyFolder } from "./disk.ts";

const [kills = 100, stops = 20, killsWithRelays = 20] = process.argv.slice(2).map(Number);

/** A cycle ends after this many acknowledgments and a random delay of up to this many milliseconds. */
const ACKNOWLEDGMENTS = 200;
const DELAY_MS = 300;
/** The relays of the realm that has some. */
const RELAYS = { weur: 2, apac: 1 };
/** The maximum of listed faults for each kind of end. */
const MOST_LISTED = 20;

const faults: string[] = [];

await cycles("kill -9", kills, killCycles);
await cycles("kill -9, three relays", killsWithRelays, (data, pace) => killCycles(data, pace, RELAYS));
await cycles("SIGTERM", stops, stopCycles);
if (NO_SMALL_DISK === undefined) {
  const disk = await fullDisk();
  report("full disk", `${disk.acknowledged} events acknowledged, ${disk.refused} refused`, disk.faults);
} else process.stdout.write(`full disk: skipped, because ${NO_SMALL_DISK}\n`);
report("read-only folder", "refused at start", await readOnlyFolder());
process.exit(faults.length > 0 ? 1 : 0);

async function cycles(name: string, count: number, run: (data: string, pace: Pace) => Promise<Outcome>): Promise<void> {
  if (!(count > 0)) return;
  const data = mkdtempSync(join(tmpdir(), "wamp-edge-chaos-"));
  try {
    const pace = { cycles: count, acknowledgments: ACKNOWLEDGMENTS, delayMs: DELAY_MS };
    const { acknowledged, answeredCalls, faults: found }: Outcome = await run(data, pace);
    report(name, `${count} times, ${acknowledged} events acknowledged, ${answeredCalls} calls answered`, found);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function report(name: string, what: string, found: readonly string[]): void {
  faults.push(...found);
  const listed = found.slice(0, MOST_LISTED).map((fault) => `  ${fault}\n`);
  process.stdout.write(`${name}: ${what}, ${found.length} faults\n${listed.join("")}`);
}
