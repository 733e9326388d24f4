/** Scripts for shells, written once from the commands: completion starts no process. */

import type { DescribedCommand, DescribedOption, DescribedWord } from "./command-tree.ts";

type Script = (commands: readonly DescribedCommand[]) => readonly string[];

/** Options without a command. */
const GENERAL: readonly DescribedWord[] = [
  { word: "--help", description: "help" },
  { word: "--version", description: "version" },
];

/** The function reads the command from the line, and completes its words, or the values of the option before. */
export const bashScript: Script = (commands) => [
  '# In ~/.bashrc: eval "$(wamp-edge completion bash)"',
  "_wamp_edge() {",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expansion of the shell
  "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= word",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expansion of the shell
  '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
  `    case $word in ${namesOf(commands).join("|")}) command=$word; break ;; esac`,
  "  done",
  // Bash splits --option=value at the sign.
  "  [[ $current = = ]] && current=",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expansion of the shell
  "  [[ $previous = = ]] && previous=${COMP_WORDS[COMP_CWORD-2]}",
  '  case "$command $previous" in',
  ...valued(commands).map(([command, { word, choices }]) => {
    const act = choices.length === 0 ? "" : `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); `;
    return `    "${command} ${word}") ${act}return ;;`;
  }),
  "  esac",
  "  case $command in",
  `    "") words="${namesOf([...commands, ...GENERAL]).join(" ")}" ;;`,
  ...commands.map((command) => `    ${command.word}) words="${namesOf(wordsOf(command)).join(" ")}" ;;`),
  "  esac",
  '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
  "}",
  "complete -o default -F _wamp_edge wamp-edge",
];

/** As in bash, with descriptions. */
export const zshScript: Script = (commands) => [
  "#compdef wamp-edge",
  '# In ~/.zshrc, after compinit: eval "$(wamp-edge completion zsh)"',
  "_wamp_edge() {",
  "  local command= word",
  "  local -a items",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expansion of the shell
  '  for word in "${words[@]:1:$((CURRENT-2))}"; do',
  `    case $word in ${namesOf(commands).join("|")}) command=$word; break ;; esac`,
  "  done",
  '  case "$command $words[CURRENT-1]" in',
  ...valued(commands).map(([command, { word, choices }]) => {
    return `    "${command} ${word}") ${choices.length === 0 ? "_files" : `compadd -- ${choices.join(" ")}`}; return ;;`;
  }),
  "  esac",
  "  case $command in",
  `    "") items=(${[...commands, ...GENERAL].map(zshItem).join(" ")}) ;;`,
  ...commands.map((command) => `    ${command.word}) items=(${wordsOf(command).map(zshItem).join(" ")}) ;;`),
  "  esac",
  "  _describe wamp-edge items || _files",
  "}",
  "compdef _wamp_edge wamp-edge",
];

/** One line for each command and option; a function reads the command, as in bash. */
export const fishScript: Script = (commands) => [
  "# wamp-edge completion fish > ~/.config/fish/completions/wamp-edge.fish",
  "function __wamp_edge_command_is",
  "  for word in (commandline -opc)[2..-1]",
  `    if contains -- $word ${namesOf(commands).join(" ")}`,
  '      test "$word" = "$argv[1]"',
  "      return",
  "    end",
  "  end",
  '  test "$argv[1]" = none',
  "end",
  ...commands.map(({ word, description }) => `${fishStart("none")} -f -a ${word} -d ${quote(description)}`),
  ...GENERAL.map(({ word, description }) => `${fishStart("none")} -l ${word.slice(2)} -d ${quote(description)}`),
  ...commands.flatMap(({ word: command, words, options }) => [
    ...words.map(({ word, description }) => `${fishStart(command)} -f -a ${word} -d ${quote(description)}`),
    ...options.map(({ word, description, takesValue, choices }) => {
      const values = choices.length === 0 ? "" : ` -f -a ${quote(choices.join(" "))}`;
      return `${fishStart(command)} -l ${word.slice(2)}${takesValue ? " -r" : ""}${values} -d ${quote(description)}`;
    }),
  ]),
];

function fishStart(command: string): string {
  return `complete -c wamp-edge -n '__wamp_edge_command_is ${command}'`;
}

function wordsOf({ words, options }: DescribedCommand): readonly DescribedWord[] {
  return [...words, ...options];
}

function namesOf(words: readonly DescribedWord[]): string[] {
  return words.map(({ word }) => word);
}

function valued(commands: readonly DescribedCommand[]): [command: string, option: DescribedOption][] {
  return commands.flatMap(({ word, options }) => {
    return options.filter(({ takesValue }) => takesValue).map((option): [string, DescribedOption] => [word, option]);
  });
}

function zshItem({ word, description }: DescribedWord): string {
  return quote(description === "" ? word : `${word}:${description.replaceAll(":", "\\:")}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
