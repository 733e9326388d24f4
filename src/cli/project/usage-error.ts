/** Errors of a command line: what commander says becomes one line that names the help. */

import type { Command, CommanderError } from "commander";
import { exitWithError, UserError } from "./user-error.ts";

/**
 * Makes a program and its subcommands end the process after help was printed (code 0, or 1 without a command), and with
 * one line after an error of the command line; `runner` precedes the program's name in it, as in `npx wamp-edge call`.
 */
export function exitOnUsageErrors(program: Command, runner: string): void {
  for (const command of withSubcommands(program)) {
    command.configureOutput({ outputError: () => {} }).exitOverride((error) => endWith(error, command, runner));
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function endWith({ code, exitCode, message }: CommanderError, command: Command, runner: string): never {
  if (exitCode === 0 || code === "commander.help") return process.exit(exitCode) as never;
  const text = message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .replace(/\.$/, "");
  return exitWithError(new UserError(`${text}; "${runner} ${nameOf(command)} --help" lists what it takes`));
}

/** The words that call a command. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
