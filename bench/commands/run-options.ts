/** What all commands of the benchmark have: targets, rounds, conditions and failures. */

import type { Command } from "commander";
import { printNotice } from "../../src/cli/client/printing.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { type Conditions, findUnrest, readConditions } from "../runner/conditions.ts";
import type { Row } from "../runner/rounds.ts";
import { parseTarget, type Target } from "../targets/target.ts";
import type { OptionValues } from "./setting-options.ts";

/** The options of `addRunOptions`. */
export type RunFlags = OptionValues & {
  readonly target: readonly string[];
  /** False with `--no-defaults`. */
  readonly defaults: boolean;
  readonly rounds: string;
  readonly json?: boolean;
};

/** Adds the options; `defaults` says what is measured without `--target`. */
export function addRunOptions(command: Command, defaults: string): Command {
  return command
    .option(
      "--target <target>",
      `a further router, may be repeated; "npm run bench -- --help" has the forms (without: ${defaults})`,
      (value: string, targets: readonly string[] = []) => [...targets, value],
    )
    .option("--no-defaults", "measure the targets of --target only")
    .option("--rounds <number>", "alternating rounds", "3")
    .option("--json", "print one line of JSON");
}

/** Returns the targets of the command line; throws UserError without any, and for two of one name. */
export function readTargets(
  { target = [], defaults }: Partial<RunFlags>,
  defaultTargets: readonly Target[],
): readonly Target[] {
  const targets = [...(defaults ? defaultTargets : []), ...target.map(parseTarget)];
  if (targets.length === 0) throw new UserError("--no-defaults needs a --target");
  const names = targets.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`--target: two targets have the name ${twice}`);
  return targets;
}

/** Reads the conditions, and warns when the machine is not quiet. */
export function readQuietConditions(targets: readonly Target[]): Conditions {
  const conditions = readConditions(targets);
  const unrest = findUnrest(conditions);
  if (unrest !== undefined) printNotice(unrest);
  return conditions;
}

/** Prints why runs failed. They are no reason to lose the others, but the process ends with code 1. */
export function reportFailures(rows: readonly Row[]): void {
  for (const { target, failures } of rows) {
    for (const failure of new Set(failures)) printNotice(`${target}: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }
}
