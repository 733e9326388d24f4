/** Reads JSON that people type: a fault has its position. */

import { type Dict, isDict, type List } from "../../wamp/protocol/values.ts";
import { valuesFromJson } from "../../wamp/serializers/json-text.ts";
import { UserError } from "../project/user-error.ts";

/** Characters of a text whose fault is looked for: each of them costs a run of the parser. */
const MAX_SEARCHED = 5_000;

/**
 * Reads a value; `subject` names the text in the error. Integers beyond 2^53 become `bigint`, binary strings bytes.
 * Throws UserError with line and column.
 */
export function parseJson(text: string, subject: string): unknown {
  try {
    return valuesFromJson(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/ in JSON at position.*$|, .* is not valid JSON$/s, "");
    throw new UserError(`${subject} is broken JSON${placeOf(text)}: ${reason}`);
  }
}

/** Reads a list; see `parseJson`. */
export function parseList(text: string, subject: string): List {
  const value = parseJson(text, subject);
  if (!Array.isArray(value)) throw new UserError(`${subject} must be a list, such as '[1, "two"]'`);
  return value;
}

/** Reads a dict; see `parseJson`. */
export function parseDict(text: string, subject: string): Dict {
  const value = parseJson(text, subject);
  if (!isDict(value)) throw new UserError(`${subject} must be an object, such as '{"key": 1}'`);
  return value;
}

function placeOf(text: string): string {
  const position = faultPosition(text);
  if (position === undefined) return "";
  if (position >= text.length) return " (it ends too early)";
  const lines = text.slice(0, position).split("\n");
  const column = (lines.at(-1) ?? "").length + 1;
  const line = lines.length > 1 ? `line ${lines.length}, ` : "";
  return ` (${line}column ${column}, at ${JSON.stringify(text.slice(position, position + 10))})`;
}

/** The shortest beginning that no text could complete ends with the fault; the parser does not always tell where. */
function faultPosition(text: string): number | undefined {
  if (text.length > MAX_SEARCHED) return undefined;
  for (let length = 1; length <= text.length; length++) if (!isBeginning(text.slice(0, length))) return length - 1;
  return text.length;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return message.includes("end of JSON") || position === String(text.length) || isWordBeginning(text);
  }
}

/** The parser calls the beginning of a word such as true an unexpected token. */
function isWordBeginning(text: string): boolean {
  const word = /[a-z]+$/.exec(text)?.[0] ?? "";
  if (word === "" || !["true", "false", "null"].some((whole) => whole.startsWith(word) && whole !== word)) return false;
  return isBeginning(`${text.slice(0, -word.length)}0`);
}
