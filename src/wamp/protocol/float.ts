/** Whole numbers that the sender encoded as floats and that must stay floats in another encoding. */

/**
 * A float whose value is whole, such as 21.0 or -0.0: JavaScript has one type of number, and as a plain one it would be
 * written as an integer. Exists only inside payloads; the router's own code reads plain numbers.
 */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A number that the sender encoded as a float, in a form that stays a float. */
export function floatOf(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** A float in JSON: always with a fraction or an exponent. */
export function jsonFromFloat({ value }: Float): string {
  const digits = Object.is(value, -0) ? "-0" : String(value);
  return digits.includes("e") ? digits : `${digits}.0`;
}

/** A copy of lists and dicts with plain numbers in the place of each `Float`; any other value is returned unchanged. */
export function withoutFloats(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(withoutFloats);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  // `fromEntries` defines properties, so that a key `__proto__` becomes one as well.
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutFloats(entry)]));
}
