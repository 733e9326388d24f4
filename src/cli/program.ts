/** The program `wamp-edge`: its commands, and the errors of its command line. */

import { Command, type CommanderError } from "commander";
import { VERSION } from "../public/config.ts";
import { addCheckCommand } from "./check-command.ts";
import { addImportCommand } from "./import-command.ts";
import { addInitCommand } from "./init/init-command.ts";
import { addPrincipalCommand } from "./principal-command.ts";
import { exitWithError, UserError } from "./project/user-error.ts";
import { addServerCommands } from "./server-commands.ts";

/** Each adds its commands to the program, in the order of the help. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addInitCommand,
  addServerCommands,
  addCheckCommand,
  addImportCommand,
  addPrincipalCommand,
];

const EXIT_CODES =
  "Exit codes: 0 success, 1 the configuration has faults or the command failed, 2 an import lost something.";

/**
 * Runs the command that `parameters` (without Node and the program's path) name. An error ends the process with one
 * message and a code other than 0.
 */
export async function runProgram(parameters: readonly string[]): Promise<void> {
  const program = new Command("wamp-edge")
    .description("A WAMP router on Cloudflare Durable Objects: runs it, and checks its configuration.")
    .version(VERSION)
    .addHelpText("after", `\n${EXIT_CODES}`)
    .configureOutput({ outputError: () => {} });
  for (const add of COMMANDS) add(program);
  for (const command of [program, ...program.commands]) command.exitOverride((error) => endWith(error, command));
  await program.parseAsync(parameters, { from: "user" });
}

/** Ends the process after help was printed (code 0, or 1 without a command) or with an error of the command line. */
function endWith({ code, exitCode, message }: CommanderError, command: Command): never {
  if (exitCode === 0 || code === "commander.help") return process.exit(exitCode) as never;
  const text = message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .replace(/\.$/, "");
  const name = command.parent === null ? "wamp-edge" : `wamp-edge ${command.name()}`;
  return exitWithError(new UserError(`${text}; "npx ${name} --help" lists what it takes`));
}
