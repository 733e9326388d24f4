/** The command line of `npm run bench`. */

import { Command } from "commander";
import { exitOnUsageErrors } from "../src/cli/project/usage-error.ts";
import { addCrowdCommands } from "./commands/crowd-command.ts";
import { addScenarioCommand } from "./commands/scenario-command.ts";
import { addTableCommand } from "./commands/table-command.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";
import { TARGET_FORMS } from "./targets/target.ts";

const HELP = `
Targets (--target):
  ${TARGET_FORMS}

Examples:
  npm run bench -- rpc
  npm run bench -- rpc --serializer json.batched --rounds 5
  npm run bench -- pubsub --target nexus,ws://127.0.0.1:9000/ws,4711,json,msgpack
  npm run bench -- large --no-defaults --target base,../other-checkout --target this
  npm run bench -- table --rounds 5
  npm run bench -- rpc --no-defaults --target this --target core
  npm run bench -- crowd --control`;

/** Runs the command that `parameters` name. An error ends the process with one message and code 1. */
export async function runProgram(parameters: readonly string[]): Promise<void> {
  const program = new Command("bench --")
    .usage("<command> [options]")
    .description(
      "Measures routers side by side: the one of this checkout, relays that do its socket work only, others.",
    )
    .addHelpText("after", HELP);
  for (const [name, scenario] of Object.entries(SCENARIOS)) addScenarioCommand(program, name, scenario);
  addTableCommand(program);
  addCrowdCommands(program);
  exitOnUsageErrors(program, "npm run");
  await program.parseAsync(parameters, { from: "user" });
}
