/** `wamp-edge completion`: a script that completes commands and options in a shell. */

import { Argument, type Command } from "commander";
import { describeCommands } from "./command-tree.ts";
import { bashScript, fishScript, zshScript } from "./shell-scripts.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Adds the command to the program. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands and options; its first lines say where to put it")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => {
      process.stdout.write(`${SCRIPTS[shell](describeCommands(program)).join("\n")}\n`);
    });
}
