/** The program `wamp-edge`: its commands, and the errors of its command line. */

import { Command } from "commander";
import { VERSION } from "../public/config.ts";
import { addBenchCommand } from "./bench/bench-command.ts";
import { addCheckCommand } from "./check-command.ts";
import { addCompletionCommand } from "./completion/completion-command.ts";
import { addImportCommand } from "./import-command.ts";
import { addInitCommand } from "./init/init-command.ts";
import { addCallCommand } from "./messaging/call-command.ts";
import { addContextCommand } from "./messaging/context-command.ts";
import { addPublishCommand } from "./messaging/publish-command.ts";
import { addRegisterCommand } from "./messaging/register-command.ts";
import { addSubscribeCommand } from "./messaging/subscribe-command.ts";
import { addExplainCommand } from "./observing/explain-command.ts";
import { addListingCommands } from "./observing/listing-commands.ts";
import { addTapCommand } from "./observing/tap-command.ts";
import { addTopCommand } from "./observing/top-command.ts";
import { addPrincipalCommand } from "./principal-command.ts";
import { endWithOutput } from "./project/output-errors.ts";
import { exitOnUsageErrors } from "./project/usage-error.ts";
import { addServerCommands } from "./server-commands.ts";

/** Each adds its commands to the program, in the order of the help. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addInitCommand,
  addServerCommands,
  addCheckCommand,
  addImportCommand,
  addPrincipalCommand,
  addCallCommand,
  addPublishCommand,
  addSubscribeCommand,
  addRegisterCommand,
  addTopCommand,
  addTapCommand,
  addExplainCommand,
  addListingCommands,
  addBenchCommand,
  addContextCommand,
  addCompletionCommand,
];

const EXIT_CODES = `Exit codes: 0 success, 1 the command failed (options, configuration, connection, login), 2 an import lost
something, 3 the router or a callee answered ERROR, 4 fewer events or calls than --count.`;

/**
 * Runs the command that `parameters` (without Node and the program's path) name. An error ends the process with one
 * message and a code other than 0.
 */
export async function runProgram(parameters: readonly string[]): Promise<void> {
  endWithOutput();
  const program = new Command("wamp-edge")
    .description("A WAMP router on Cloudflare Durable Objects: runs it, and checks its configuration.")
    .version(VERSION)
    .addHelpText("after", `\n${EXIT_CODES}`);
  for (const add of COMMANDS) add(program);
  exitOnUsageErrors(program, "npx");
  await program.parseAsync(parameters, { from: "user" });
}
