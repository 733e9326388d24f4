/** Codecs of the simple values in stored records. */

import { isId } from "../protocol/id.ts";
import { NO_DETAILS } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import { type Dict, type Id, isDict } from "../protocol/values.ts";
import type { Codec, Field } from "./stored-record.ts";
import { list, oneOf, usually, value } from "./stored-record.ts";

/** Ids (1..2^53). */
export const id: Codec<Id> = value(isId);
/** Integers from 0. */
export const count: Codec<number> = value((json) => Number.isSafeInteger(json) && (json as number) >= 0);
/** Any number. */
export const number: Codec<number> = value((json) => typeof json === "number");
/** Any text. */
export const text: Codec<string> = value((json) => typeof json === "string");
/** Booleans. */
export const flag: Codec<boolean> = value((json) => typeof json === "boolean");
/** Plain objects with any values. */
export const dict: Codec<Dict> = value(isDict);
/** Lists with any values. */
export const elements: Codec<readonly unknown[]> = value((json) => Array.isArray(json));
/** Match policies. */
export const match: Codec<Match> = oneOf("exact", "prefix", "wildcard");

/** A field with a dict that is usually empty. */
export function details(key: string): Field<Dict> {
  return usually(key, dict, NO_DETAILS, (own) => Object.keys(own).length === 0);
}

/** A field with a list that is usually empty. */
export function several<T>(key: string, codec: Codec<T>): Field<readonly T[]> {
  return usually<readonly T[]>(key, list(codec), [], (own) => own.length === 0);
}
