/** The types of values that messages and payloads consist of. */

/** An integer in 1..2^53 (Identifiers). */
export type Id = number;
/** A topic, procedure, realm, error or reason (URIs). */
export type Uri = string;
/** A list of values. */
export type List = readonly unknown[];
/** A dictionary: string keys, any values. */
export type Dict = { readonly [key: string]: unknown };

/** Whether a value is a plain object: not a list, not bytes and no instance of another class. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
