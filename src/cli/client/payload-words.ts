/** The arguments of a call or a publication, as words of a command line. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { readText } from "../project/text-file.ts";
import { UserError } from "../project/user-error.ts";
import { parseDict, parseJson, parseList } from "./json-text.ts";

/** The positional and the keyword arguments of a message. */
export interface PayloadValues {
  readonly args: List;
  readonly kwargs: Dict;
}

/** The options of a command that takes a payload. */
export interface PayloadFlags {
  readonly args?: string;
  readonly kwargs?: string;
}

/** `key=value`, where the key is a name. */
const KEYWORD = /^([A-Za-z_]\w*)=(.*)$/s;
/** Begins JSON text that no bare string begins with. */
const JSON_START = /^\s*["[{]/;

/** Adds the words and the options of a payload to a command. */
export function addPayload(command: Command): Command {
  return command
    .argument("[words...]", "JSON values, bare strings or key=value; @FILE or - (standard input) is a value in a file")
    .option("--args <json>", "all positional arguments as a list, before those in words; @FILE or - reads it")
    .option("--kwargs <json>", "keyword arguments as an object; @FILE or - reads it");
}

/** Reads the payload. Throws UserError for broken JSON, and for a file that cannot be read. */
export function readPayload(words: readonly string[], flags: PayloadFlags): PayloadValues {
  const args = flags.args === undefined ? [] : [...parseList(readSource(flags.args), "--args")];
  const kwargs = flags.kwargs === undefined ? [] : Object.entries(parseDict(readSource(flags.kwargs), "--kwargs"));
  for (const word of words) {
    const [, key, text] = KEYWORD.exec(word) ?? [];
    if (key !== undefined && text !== undefined) kwargs.push([key, readWord(text, `the argument ${key}`)]);
    else args.push(readWord(word, `the argument ${word.length > 40 ? `${word.slice(0, 40)}…` : word}`));
  }
  return { args, kwargs: Object.fromEntries(kwargs) };
}

/** Reads one value: JSON, a bare string, or `@FILE` or `-` with JSON. */
function readWord(word: string, subject: string): unknown {
  if (word === "-" || word.startsWith("@")) {
    return parseJson(readSource(word), word === "-" ? "standard input" : `the file ${word.slice(1)}`);
  }
  if (JSON_START.test(word)) return parseJson(word, subject);
  try {
    return parseJson(word, subject);
  } catch {
    return word;
  }
}

/** Returns the text itself, or what is in the file `@FILE` or in standard input (`-`). */
function readSource(text: string): string {
  if (text === "-") return readFileSync(0, "utf8");
  return text.startsWith("@") ? readText(text.slice(1)) : text;
}

/** Collects an option that may be given several times. */
export function collect(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

/** Reads `key=value` options of a message; a value is JSON or a bare string. Throws UserError for other words. */
export function readMessageOptions(pairs: readonly string[] = []): Dict {
  const wrong = pairs.find((pair) => !KEYWORD.test(pair));
  if (wrong !== undefined) throw new UserError(`--option must be key=value, such as disclose_me=true, not ${wrong}`);
  return readPayload(pairs, {}).kwargs;
}
