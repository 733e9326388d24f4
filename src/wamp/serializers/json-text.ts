/** JSON text ↔ values where `JSON.parse` and `JSON.stringify` alone would lose binary strings or big integers. */

import { Float, floatOf, jsonFromFloat } from "../protocol/float.ts";
import { bytesFromText, textFromBytes } from "./binary-json.ts";
import { exactInteger, isExactInteger, MAX_EXACT } from "./exact-integer.ts";

/** Text that may hold a binary string or an integer beyond 2^53. All other text `JSON.parse` reads exactly. */
export const NEEDS_CARE = /\\u0000|\d{16}/;

const FLOAT = /[.eE]/;
const INTEGER = /^-?\d+$/;

/**
 * JSON text → values: marked strings become bytes (never dict keys, SER-06), integers beyond 2^53 become `bigint`
 * unless they are too large even for a float. Throws where `JSON.parse` throws.
 */
export function valuesFromJson(text: string): unknown {
  return NEEDS_CARE.test(text) ? JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]) : JSON.parse(text);
}

/** As `valuesFromJson`, with a `Float` for every whole number that the text spells with a fraction or an exponent. */
export function exactValuesFromJson(text: string): unknown {
  if (!MAY_HOLD_FLOATS.test(text)) return valuesFromJson(text);
  return JSON.parse(text, reviveExactly as Parameters<typeof JSON.parse>[1]);
}

/**
 * Text with a number that has an exponent, a fraction of zeros, or so many digits that its fraction may be lost.
 * Similar text inside strings only costs time.
 */
const MAY_HOLD_FLOATS = /[[,:\s]-?(?:\d[\d.]{15}|\d+(?:\.\d+)?[eE]|\d+\.0+(?!\d))/;

/**
 * A value → JSON text. Bytes become marked strings, `bigint` its digits, a `Float` a number with a fraction, NaN and
 * infinities null (SER-14). A dict entry that is undefined is left out; any other value without a JSON form is null.
 */
export function jsonFromValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return jsonFromNumber(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? "null" : jsonFromObject(value);
    default:
      return "null";
  }
}

function jsonFromNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}

function jsonFromObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(jsonFromValue).join(",")}]`;
  if (value instanceof Uint8Array) return JSON.stringify(textFromBytes(value));
  if (value instanceof Float) return jsonFromFloat(value);
  let entries = "";
  for (const key in value) {
    const entry: unknown = value[key as keyof typeof value];
    if (entry === undefined) continue;
    entries += `${entries === "" ? "" : ","}${JSON.stringify(key)}:${jsonFromValue(entry)}`;
  }
  return `{${entries}}`;
}

function reviveExactly(key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value === "number" && context.source !== undefined && FLOAT.test(context.source)) return floatOf(value);
  return revive(key, value, context);
}

/** `source` is the number as the text spells it (a feature newer than the compiler's library). */
function revive(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value === "string") return bytesFromText(value) ?? value;
  if (typeof value !== "number" || !Number.isFinite(value)) return value;
  if (isExactInteger(value) && Math.abs(value) !== MAX_EXACT) return value;
  return source !== undefined && INTEGER.test(source) ? exactInteger(BigInt(source)) : value;
}
