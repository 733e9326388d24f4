/** `npm run bench -- rpc` and its like: one scenario, a table with a line for each target. */

import type { Command } from "commander";
import { parseCount } from "../../src/cli/client/duration.ts";
import { printJson, printLine, printNotice } from "../../src/cli/client/printing.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { FORMAT_NAMES, wireFormat } from "../client/wire-format.ts";
import { formatConditions, formatWork } from "../report/markdown.ts";
import { measureRounds } from "../runner/rounds.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { DEFAULTS } from "../scenarios/settings.ts";
import type { Work } from "../scenarios/work.ts";
import { defaultTargets, type Target, THIS_CHECKOUT } from "../targets/target.ts";
import { addRunOptions, type RunFlags, readQuietConditions, readTargets, reportFailures } from "./run-options.ts";
import { addSettingOptions, describeSettings, readSettingOptions } from "./setting-options.ts";

type Flags = RunFlags & { readonly baseline?: string; readonly serializer: string };

/** Adds the command of one scenario. */
export function addScenarioCommand(program: Command, name: string, scenario: Scenario): void {
  const command = program.command(name).description(scenario.description);
  addRunOptions(command, [...scenario.relays, THIS_CHECKOUT.name].join(", "))
    .option("--baseline <name>", "the target that ratios are taken to; the first one unless named")
    .option(
      "--serializer <name>",
      `one of ${FORMAT_NAMES.join(", ")}; two with a colon are that of callers and publishers, and that of the others`,
      "json",
    );
  addSettingOptions(command, scenario.heeds, scenario.settings ?? {});
  command.action((flags: Flags) => measureScenario(name, scenario, flags));
}

async function measureScenario(name: string, scenario: Scenario, flags: Flags): Promise<void> {
  const serializers = readSerializers(flags.serializer);
  if (scenario.needsHttp && serializers[0] !== "json") {
    throw new UserError(
      `--serializer: requests of ${name} are JSON; json:${serializers[1]} sets that of the other side`,
    );
  }
  const targets = readTargets(flags, defaultTargets(scenario.relays, serializers));
  const baseline = readBaseline(flags.baseline, targets);
  const rounds = parseCount(flags.rounds, "--rounds");
  const settings = { ...DEFAULTS, ...scenario.settings, ...readSettingOptions(flags) };
  const work: Work = { scenario: name, serializers, settings };
  const conditions = readQuietConditions(targets);
  const rows = await measureRounds(work, targets, rounds, (round, target) => {
    printNotice(`${name}: round ${round} of ${rounds}, ${target}`);
  });
  reportFailures(rows);
  if (flags.json) return printJson({ conditions, ...work, rounds, rows });
  printLine(`### ${[name, flags.serializer, ...describeSettings(scenario.heeds, settings)].join(", ")}\n`);
  printLine(`${formatWork(scenario.columns, rows, baseline)}\n`);
  printLine(formatConditions(conditions, rounds, rows, scenario.heeds.includes("durationMs") ? settings : undefined));
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
