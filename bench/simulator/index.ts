/** `npm run simulate`: a realm with relays at sizes that no machine of a developer holds (docs/relays.md). */

import { Command } from "commander";
import { parseCount } from "../../src/cli/client/duration.ts";
import { exitOnUsageErrors } from "../../src/cli/project/usage-error.ts";
import { exitWithError, UserError } from "../../src/cli/project/user-error.ts";
import { isLocationHint, LOCATION_HINTS, type LocationHint } from "../../src/worker/platform/location-hints.ts";
import { DEFAULTS, type Simulation, simulationTable } from "./table.ts";

interface Flags {
  readonly subscribers: readonly string[];
  readonly perRelay: string;
  readonly core: string;
  readonly seconds: string;
  readonly seed: string;
}

const program = new Command("simulate --")
  .usage("[options]")
  .description("Simulates a realm with relays beside one without: latency of events, load and costs, as Markdown.")
  .option("--subscribers <counts...>", "sizes of the realm", DEFAULTS.subscribers.map(String))
  .option("--per-relay <count>", "sockets for which a relay is made", String(DEFAULTS.perRelay))
  .option("--core <region>", `where the realm's own object is: ${LOCATION_HINTS.join(", ")}`, DEFAULTS.core)
  .option("--seconds <count>", "seconds of publishing", String(DEFAULTS.seconds))
  .option("--seed <number>", "another seed gives other clients and times", String(DEFAULTS.seed))
  .action((flags: Flags) => {
    process.stdout.write(`${simulationTable(readFlags(flags))}\n`);
  });

try {
  exitOnUsageErrors(program, "npm run");
  await program.parseAsync(process.argv.slice(2), { from: "user" });
} catch (error) {
  exitWithError(error);
}

function readFlags({ subscribers, perRelay, core, seconds, seed }: Flags): Simulation {
  return {
    subscribers: subscribers.map((count) => parseCount(count, "--subscribers")),
    perRelay: parseCount(perRelay, "--per-relay"),
    core: readRegion(core),
    seconds: parseCount(seconds, "--seconds"),
    seed: parseCount(seed, "--seed"),
  };
}

function readRegion(core: string): LocationHint {
  if (!isLocationHint(core)) throw new UserError(`--core must be one of ${LOCATION_HINTS.join(", ")}`);
  return core;
}
