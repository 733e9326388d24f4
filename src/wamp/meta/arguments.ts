/**
 * Reads the arguments of meta procedures one by one. Other arguments are ignored (META-07), null counts as absent, and
 * a missing argument or one of the wrong type throws invalid_argument (META-05).
 */

import { WampError, WampUri } from "../protocol/errors.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import { isMatch } from "../protocol/uri.ts";
import { isDict } from "../protocol/values.ts";

/** Checks the type of an argument. */
export type Guard<T> = (value: unknown) => value is T;

/** Returns the positional argument at `index`, counted from 0. `name` is for the error's text. */
export function argument<T>(payload: Payload, index: number, name: string, isValid: Guard<T>): T {
  const value = optionalArgument(payload, index, name, isValid);
  if (value === undefined) throw new WampError(WampUri.INVALID_ARGUMENT, `${name} is missing`);
  return value;
}

/** Returns the positional argument at `index`, or undefined where it is absent. */
export function optionalArgument<T>(payload: Payload, index: number, name: string, isValid: Guard<T>): T | undefined {
  return check(payload.args[index], name, isValid);
}

/** Returns the keyword argument `name`, or undefined where it is absent. */
export function optionalKeyword<T>(payload: Payload, name: string, isValid: Guard<T>): T | undefined {
  const { kwargs } = payload;
  return check(Object.hasOwn(kwargs, name) ? kwargs[name] : undefined, name, isValid);
}

/** Returns the `match` of an options dict at `index`; exact where absent. */
export function matchArgument(payload: Payload, index: number): Match {
  // The empty string is absent, as in SUBSCRIBE and REGISTER.
  return check(optionalArgument(payload, index, "options", isDict)?.match || undefined, "match", isMatch) ?? "exact";
}

/** Says whether the value is text. */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Says whether the value is true or false. */
export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** Says whether the value is a list of texts. */
export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

function check<T>(value: unknown, name: string, isValid: Guard<T>): T | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isValid(value)) throw new WampError(WampUri.INVALID_ARGUMENT, `${name} is invalid`);
  return value;
}
