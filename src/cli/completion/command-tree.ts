/** The commands and options of the program, as completion needs them. */

import type { Command } from "commander";

/** A word with its description. */
export interface DescribedWord {
  readonly word: string;
  readonly description: string;
}

/** An option; `choices` are its values, where they are known. */
export interface DescribedOption extends DescribedWord {
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** A command of the program. */
export interface DescribedCommand extends DescribedWord {
  /** Subcommands, and choices of the first argument. */
  readonly words: readonly DescribedWord[];
  /** Includes those of its subcommands. */
  readonly options: readonly DescribedOption[];
}

/** Describes the commands of a program. */
export function describeCommands(program: Command): DescribedCommand[] {
  return program.commands.map((command) => ({
    word: command.name(),
    description: command.description(),
    words: [
      ...command.commands.map((sub) => ({ word: sub.name(), description: sub.description() })),
      ...(command.registeredArguments[0]?.argChoices ?? []).map((word) => ({ word, description: "" })),
    ],
    options: optionsOf(command),
  }));
}

function optionsOf(command: Command): DescribedOption[] {
  const all = [command, ...command.commands].flatMap(({ options }) => options);
  const byFlag = new Map(
    all.map(({ long, description, required, optional, argChoices = [] }) => {
      const word = long ?? "";
      return [word, { word, description, takesValue: required || optional, choices: argChoices }] as const;
    }),
  );
  return [...byFlag.values(), { word: "--help", description: "help", takesValue: false, choices: [] }];
}
