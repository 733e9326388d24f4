/** Texts of fields that hold JSON, and options among them. */

import type { Dict } from "../../wamp/protocol/values.ts";

/** An option that a form shows as a check box, as a choice, or as a text. */
export interface OptionField {
  readonly name: string;
  readonly label: string;
  /** The value of the checked box. */
  readonly value?: boolean | number | string;
  /** The values of a choice; the first one is the default. */
  readonly choices?: readonly string[];
  /** A text, or a list of texts or of ids with commas between them. */
  readonly input?: "text" | "names" | "ids";
}

/** The value of a text, `empty` for a blank one; a SyntaxError where the text is no JSON. */
export function readJson(text: string, empty: unknown): unknown {
  if (text.trim() === "") return empty;
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}

/** Says whether a value of `readJson` is a JSON object. */
export function isObject(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof SyntaxError);
}

/** Field → what is wrong with its text. */
export type Faults<Name extends string> = Partial<Record<Name, string>>;

/** Reads a field that must have a certain kind of value; adds to `faults` what is wrong with it. */
export function readField<T, Name extends string>(
  field: { readonly name: Name; readonly text: string; readonly empty: T; readonly need: string },
  isValid: (value: unknown) => boolean,
  faults: Faults<Name>,
): T {
  const { name, text, empty, need } = field;
  const value = readJson(text, empty);
  if (value instanceof SyntaxError) faults[name] = `This is not JSON: ${value.message}`;
  else if (!isValid(value)) faults[name] = need;
  return value as T;
}

/** The text of options with one of them changed; undefined takes it out. */
export function withOption(options: Dict, name: string, value: unknown): string {
  const { [name]: _, ...rest } = options;
  const changed = value === undefined ? rest : { ...rest, [name]: value };
  return Object.keys(changed).length === 0 ? "" : JSON.stringify(changed);
}

/** The names between the commas of a text; undefined where it has none. */
export function readNames(text: string): string[] | undefined {
  const names = text.split(",").map((name) => name.trim());
  const present = names.filter((name) => name !== "");
  return present.length > 0 ? present : undefined;
}
