/** `npm run bench -- crowd` and `npm run bench -- hops`: realms over relays, with sockets made within workerd. */

import type { Command } from "commander";
import { parseCount, parseDuration } from "../../src/cli/client/duration.ts";
import { printJson, printLine, printNotice } from "../../src/cli/client/printing.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { LOCATION_HINTS } from "../../src/worker/platform/location-hints.ts";
import { type CrowdWork, measureCrowds } from "../crowd/measure-crowd.ts";
import { measureHops } from "../crowd/measure-hops.ts";
import { ONE_OBJECT, RELAY, realmOverRelays, realms } from "../crowd/setups.ts";
import { spreadOf } from "../measuring/statistics.ts";
import { formatConditions, formatSpread, formatTable, formatWork } from "../report/markdown.ts";
import { THIS_CHECKOUT } from "../targets/target.ts";
import { readQuietConditions, reportFailures } from "./run-options.ts";

const COLUMNS = [
  "cpu_us_per_event",
  "events_per_s",
  "cpu_us_per_session",
  "bytes_per_session",
  "bytes_per_idle_session",
  "heap_bytes_per_session",
  "first_event_us",
  "next_event_us",
  "lost",
  "errors",
] as const;

interface CrowdFlags {
  readonly sockets: string;
  readonly relays: string;
  readonly events: string;
  readonly idle: string;
  readonly rounds: string;
  readonly control?: boolean;
  readonly json?: boolean;
}

interface HopFlags {
  readonly publications: string;
  readonly rounds: string;
  readonly json?: boolean;
}

/** Adds both commands. */
export function addCrowdCommands(program: Command): void {
  program
    .command("crowd")
    .description("events to all sockets of a realm over relays, beside those of one object; sockets within workerd")
    .option("--sockets <number>", "sockets of each object", "5000")
    .option("--relays <number>", `relays, ${LOCATION_HINTS.length} at most`, "10")
    .option("--events <number>", "events of a measurement, about", "100000")
    .option("--idle <duration>", "time without a message before the objects are woken", "12s")
    .option("--rounds <number>", "alternating rounds", "3")
    .option("--control", "measure as many realms of one object in one process, too")
    .option("--json", "print one line of JSON")
    .action(measureCrowd);
  program
    .command("hops")
    .description("what a batch between two objects of a realm costs, and a publication in it (simulator/constants.ts)")
    .option("--publications <number>", "publications of a measurement", "4000")
    .option("--rounds <number>", "rounds", "5")
    .option("--json", "print one line of JSON")
    .action(printHops);
}

async function measureCrowd(flags: CrowdFlags): Promise<void> {
  const count = parseCount(flags.relays, "--relays");
  if (count > LOCATION_HINTS.length) throw new UserError(`--relays must be at most ${LOCATION_HINTS.length}`);
  const work: CrowdWork = {
    sockets: parseCount(flags.sockets, "--sockets"),
    events: parseCount(flags.events, "--events"),
    rounds: parseCount(flags.rounds, "--rounds"),
    idleMs: parseDuration(flags.idle, "--idle"),
  };
  const conditions = readQuietConditions([THIS_CHECKOUT]);
  const setups = [RELAY, ONE_OBJECT, realmOverRelays(count), ...(flags.control ? [realms(count)] : [])];
  const rows = await measureCrowds(setups, work, (step) => printNotice(`crowd: ${step}`));
  reportFailures(rows);
  if (flags.json) return printJson({ conditions, ...work, relays: count, rows });
  printLine(`### crowd, ${work.sockets} sockets for each object\n`);
  printLine(`${formatWork(COLUMNS, rows, ONE_OBJECT.name)}\n`);
  printLine(formatConditions(conditions, work.rounds, rows));
}

async function printHops(flags: HopFlags): Promise<void> {
  const rounds = parseCount(flags.rounds, "--rounds");
  const conditions = readQuietConditions([THIS_CHECKOUT]);
  const figures = await measureHops(rounds, parseCount(flags.publications, "--publications"));
  if (flags.json) return printJson({ conditions, rounds, figures });
  const spread = (name: "batch" | "forwarded") => formatSpread(spreadOf(figures.map((round) => round[name])));
  const rows = [
    ["a batch, at each of the two objects", spread("batch")],
    ["a publication in a batch, at each", spread("forwarded")],
  ];
  printLine(`${formatTable(["what", "CPU µs"], rows)}\n`);
  printLine(formatConditions(conditions, rounds, []));
}
