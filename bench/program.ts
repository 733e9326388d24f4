/** The command line of `npm run bench`. */

import { Command } from "commander";
import { parseCount } from "../src/cli/client/duration.ts";
import { printJson, printLine, printNotice } from "../src/cli/client/printing.ts";
import { exitOnUsageErrors } from "../src/cli/project/usage-error.ts";
import { UserError } from "../src/cli/project/user-error.ts";
import { FORMAT_NAMES, wireFormat } from "./client/wire-format.ts";
import { describeWork, formatConditions, formatWork } from "./report/markdown.ts";
import { findUnrest, readConditions } from "./runner/conditions.ts";
import { measureRounds, type Row, type Work } from "./runner/rounds.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";
import { DEFAULTS } from "./scenarios/settings.ts";
import { addSettingOptions, type OptionValues, readSettingOptions } from "./setting-options.ts";
import {
  defaultTargets,
  parseTarget,
  requireDistinctNames,
  TARGET_FORMS,
  type Target,
  THIS_CHECKOUT,
} from "./targets/target.ts";

/** The options that every command has. */
type Flags = OptionValues & {
  readonly target: readonly string[];
  /** False with `--no-defaults`. */
  readonly defaults: boolean;
  readonly baseline?: string;
  readonly rounds: string;
  readonly serializer: string;
  readonly json?: boolean;
};

const HELP = `
Targets:
  ${TARGET_FORMS}

Examples:
  npm run bench -- rpc
  npm run bench -- rpc --serializer json.batched --rounds 5
  npm run bench -- pubsub --target nexus,ws://127.0.0.1:9000/ws,4711,json,msgpack
  npm run bench -- large --no-defaults --target this --target base,../other-checkout`;

/** Runs the command that `parameters` name. An error ends the process with one message and code 1. */
export async function runProgram(parameters: readonly string[]): Promise<void> {
  const program = new Command("bench")
    .description(
      "Measures routers side by side: the one of this checkout, relays that do its socket work only, others.",
    )
    .addHelpText("after", HELP);
  for (const [name, scenario] of Object.entries(SCENARIOS)) addScenario(program, name, scenario);
  exitOnUsageErrors(program, "npm run");
  await program.parseAsync(parameters, { from: "user" });
}

function addScenario(program: Command, name: string, scenario: Scenario): void {
  const command = program.command(name).description(scenario.description);
  addRunOptions(command, [...scenario.relays, THIS_CHECKOUT.name])
    .option("--baseline <name>", "the target that ratios are taken to; the first one unless named")
    .option(
      "--serializer <name>",
      `one of ${FORMAT_NAMES.join(", ")}; with a colon that of callers and publishers, and that of the others`,
      "json",
    );
  addSettingOptions(command, scenario.heeds, scenario.settings ?? {});
  command.action((flags: Flags) => measureScenario(name, scenario, flags));
}

function addRunOptions(command: Command, defaults: readonly string[]): Command {
  return command
    .option(
      "--target <target>",
      `a further router; may be repeated ("bench --help" has the forms; always there: ${defaults.join(", ")})`,
      (value: string, targets: readonly string[]) => [...targets, value],
      [] as readonly string[],
    )
    .option("--no-defaults", "measure the targets of --target only")
    .option("--rounds <number>", "alternating rounds", "3")
    .option("--json", "print one line of JSON");
}

async function measureScenario(name: string, scenario: Scenario, flags: Flags): Promise<void> {
  const serializers = readSerializers(flags.serializer);
  const targets = readTargets(flags, defaultTargets(scenario.relays, serializers));
  const baseline = readBaseline(flags.baseline, targets);
  const rounds = parseCount(flags.rounds, "--rounds");
  const work: Work = {
    scenario: name,
    serializers,
    settings: { ...DEFAULTS, ...scenario.settings, ...readSettingOptions(flags) },
  };
  const conditions = readConditions(targets);
  const unrest = findUnrest(conditions);
  if (unrest !== undefined) printNotice(unrest);
  const rows = await measureRounds(work, targets, rounds, (round, target) => {
    printNotice(`${name}: round ${round} of ${rounds}, ${target}`);
  });
  reportFailures(rows);
  if (flags.json) return printJson({ conditions, ...work, rounds, rows });
  printLine(`### ${describeWork(work, scenario.heeds)}\n`);
  printLine(`${formatWork(scenario.columns, rows, baseline)}\n`);
  printLine(formatConditions(conditions, rounds, work.settings));
}

function readTargets({ target, defaults }: Flags, defaultTargets: readonly Target[]): readonly Target[] {
  const targets = [...(defaults ? defaultTargets : []), ...target.map(parseTarget)];
  if (targets.length === 0) throw new UserError("--no-defaults needs a --target");
  requireDistinctNames(targets);
  return targets;
}

function readBaseline(name: string | undefined, targets: readonly Target[]): string | undefined {
  const names = targets.map((target) => target.name);
  if (name === undefined || names.includes(name)) return name;
  throw new UserError(`--baseline must be one of the targets ${names.join(", ")}, not ${name}`);
}

/** `json` or `json:msgpack` → the serializers of both sides. */
function readSerializers(text: string): Work["serializers"] {
  const [near = "", far = near] = text.split(":");
  wireFormat(near);
  wireFormat(far);
  return [near, far];
}

/** Failed runs are no reason to lose the others, but the process ends with code 1. */
function reportFailures(rows: readonly Row[]): void {
  for (const { target, failures } of rows) {
    for (const failure of new Set(failures)) printNotice(`${target}: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }
}
