/** `npm run bench -- table`: all works of docs/performance.md, one after the other. */

import type { Command } from "commander";
import { parseCount } from "../../src/cli/client/duration.ts";
import { printJson, printLine, printNotice } from "../../src/cli/client/printing.ts";
import { RELAYS, type RelayName } from "../relay/relay-names.ts";
import { formatConditions } from "../report/markdown.ts";
import { formatWorks, type MeasuredWork } from "../report/works-table.ts";
import { measureRounds } from "../runner/rounds.ts";
import { TIMES } from "../scenarios/settings.ts";
import { WORKS } from "../scenarios/works.ts";
import { type Target, THIS_CHECKOUT } from "../targets/target.ts";
import { addRunOptions, type RunFlags, readQuietConditions, readTargets, reportFailures } from "./run-options.ts";
import { addSettingOptions, readSettingOptions } from "./setting-options.ts";

/** Short, so that five rounds of all works take a quarter of an hour. */
const DEFAULT_TIMES = { durationMs: 1300, warmupMs: 600 };

/** Adds the command. */
export function addTableCommand(program: Command): void {
  const command = program
    .command("table")
    .description("all works of docs/performance.md as one Markdown table; five rounds take a quarter of an hour");
  addRunOptions(command, `the relays of each work, ${THIS_CHECKOUT.name}`);
  addSettingOptions(command, TIMES, DEFAULT_TIMES);
  command.action(measureTable);
}

async function measureTable(flags: RunFlags): Promise<void> {
  const targets = readTargets(flags, [...comparedRelays(), THIS_CHECKOUT]);
  const rounds = parseCount(flags.rounds, "--rounds");
  const times = { ...DEFAULT_TIMES, ...readSettingOptions(flags) };
  const conditions = readQuietConditions(targets);
  const measured: MeasuredWork[] = [];
  for (const { work, lines, relays } of WORKS) {
    const candidates = targets.filter(({ kind, name }) => kind !== "relay" || relays.includes(name as RelayName));
    const timed = { ...work, settings: { ...work.settings, ...times } };
    const rows = await measureRounds(timed, candidates, rounds, (round, target) => {
      printNotice(`${lines[0]?.title}: round ${round} of ${rounds}, ${target}`);
    });
    reportFailures(rows);
    measured.push({ lines, rows, baseline: relays.at(-1) });
  }
  if (flags.json) return printJson({ conditions, rounds, ...times, works: measured });
  const names = targets.map(({ name }) => name);
  printLine(`${formatWorks(measured, names)}\n`);
  const rows = measured.flatMap((work) => work.rows);
  printLine(formatConditions(conditions, rounds, rows, times));
}

/** The relays that a work is compared with. */
function comparedRelays(): readonly Target[] {
  const names = (Object.keys(RELAYS) as RelayName[]).filter((name) =>
    WORKS.some(({ relays }) => relays.includes(name)),
  );
  return names.map((name) => ({ kind: "relay", name }));
}
