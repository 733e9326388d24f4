/**
 * What a client passed to a meta procedure, taken one by one. What nobody takes is ignored (META-07), null counts as
 * absent, and what is missing or of the wrong type is refused with invalid_argument (META-05).
 */

import { WampError, WampUri } from "../protocol/errors.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import { isMatch } from "../protocol/uri.ts";
import { isDict } from "../protocol/values.ts";

/** Whether the value can be what the argument is said to be. */
export type Guard<T> = (value: unknown) => value is T;

/** The positional argument at `index`, counted from 0. `name` is for the error's text. */
export function argument<T>(payload: Payload, index: number, name: string, isValid: Guard<T>): T {
  const value = optionalArgument(payload, index, name, isValid);
  if (value === undefined) throw new WampError(WampUri.INVALID_ARGUMENT, `${name} is missing`);
  return value;
}

/** The positional argument at `index`, if there is one. */
export function optionalArgument<T>(payload: Payload, index: number, name: string, isValid: Guard<T>): T | undefined {
  return checked(payload.args[index], name, isValid);
}

/** The keyword argument `name`, if there is one. */
export function optionalKeyword<T>(payload: Payload, name: string, isValid: Guard<T>): T | undefined {
  const { kwargs } = payload;
  return checked(Object.hasOwn(kwargs, name) ? kwargs[name] : undefined, name, isValid);
}

/** The `match` of an options dict at `index`; exact where absent. */
export function matchArgument(payload: Payload, index: number): Match {
  // The empty string is absent, as in SUBSCRIBE and REGISTER.
  return checked(optionalArgument(payload, index, "options", isDict)?.match || undefined, "match", isMatch) ?? "exact";
}

/** Is it text? */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Is it true or false? */
export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** Is it a list of texts? */
export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

function checked<T>(value: unknown, name: string, isValid: Guard<T>): T | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isValid(value)) throw new WampError(WampUri.INVALID_ARGUMENT, `${name} is invalid`);
  return value;
}
