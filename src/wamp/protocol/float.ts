/** Whole numbers that were written as floats, on their way from one encoding to another. */

/**
 * A float whose value is whole, such as 21.0 or -0.0: JavaScript has one type of number, and as a plain one it would be
 * written as an integer. Exists only inside payloads; what the router's own code reads of a payload is plain.
 */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A number that was written as a float, in a form that stays one. */
export function floatOf(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** A float in JSON: with a fraction or an exponent, whatever its value. */
export function jsonFromFloat({ value }: Float): string {
  const digits = Object.is(value, -0) ? "-0" : String(value);
  return digits.includes("e") ? digits : `${digits}.0`;
}

/** A copy of lists and dicts with plain numbers in the place of each `Float`; anything else is passed on as it is. */
export function withoutFloats(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(withoutFloats);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  // Defines the properties, so that a key `__proto__` is one, too.
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutFloats(entry)]));
}
