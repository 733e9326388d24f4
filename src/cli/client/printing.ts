/** Prints values for people and for programs. */

import type { Dict } from "../../wamp/protocol/values.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import type { PayloadValues } from "./payload-words.ts";

/** Control characters, which could steer the terminal: values come from other clients. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Writes a line to standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${escapeControls(text)}\n`);
}

/** Writes a line about the command itself to standard error. */
export function printNotice(text: string): void {
  process.stderr.write(`wamp-edge: ${escapeControls(text)}\n`);
}

/** Writes a value as one line of JSON. */
export function printJson(value: unknown): void {
  printLine(jsonFromValue(value));
}

/** Replaces control characters by escapes of JSON, which leaves JSON text valid. */
function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A payload as lines: one value alone as it is, several one a line, keyword arguments as `key=value`. */
export function formatPayload({ args, kwargs }: PayloadValues): string {
  const lines = [...args.map(formatValue), ...Object.entries(kwargs).map(([key, value]) => `${key}=${textOf(value)}`)];
  return lines.join("\n");
}

/** A payload in one line, in the form that the command line takes. */
export function formatPayloadLine({ args, kwargs }: PayloadValues): string {
  const words = [
    ...args.map(jsonFromValue),
    ...Object.entries(kwargs).map(([key, value]) => `${key}=${jsonFromValue(value)}`),
  ];
  return words.join(" ");
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isDict)) return formatTable(value);
  return indent(value);
}

/** JSON over several lines; lists and dicts that fit stay in one. */
function indent(value: unknown, margin = ""): string {
  const line = jsonFromValue(value);
  if (line.length + margin.length <= 100 || typeof value !== "object" || value === null) return line;
  const deeper = `${margin}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((entry) => deeper + indent(entry, deeper)).join(",\n")}\n${margin}]`;
  }
  if (!isDict(value)) return line;
  const entries = Object.entries(value).map(
    ([key, entry]) => `${deeper}${JSON.stringify(key)}: ${indent(entry, deeper)}`,
  );
  return `{\n${entries.join(",\n")}\n${margin}}`;
}

/** A table with a heading; its columns are the keys of the rows, or `columns`. Numbers stand to the right. */
export function formatTable(rows: readonly Dict[], columns = [...new Set(rows.flatMap(Object.keys))]): string {
  const cells = rows.map((row) => columns.map((column) => escapeControls(textOf(row[column])).replace(/\s+/g, " ")));
  const widths = columns.map((column, index) => Math.max(column.length, ...cells.map((line) => line[index]!.length)));
  const isNumber = columns.map((column) => rows.every((row) => ["number", "undefined"].includes(typeof row[column])));
  const format = (line: readonly string[]): string => {
    const padded = line.map((cell, index) => {
      return isNumber[index] ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
    });
    return padded.join("  ").trimEnd();
  };
  return [columns, ...cells].map(format).join("\n");
}

/** The columns in which a row has a value. */
export function withValues(rows: readonly Dict[], columns: readonly string[]): string[] {
  return columns.filter((column) => rows.some((row) => (row[column] ?? "") !== ""));
}

/** A string as it is, nothing for an absent value, JSON for any other. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : jsonFromValue(value);
}
