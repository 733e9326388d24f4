/** Integers as JavaScript holds them: `number` up to 2^53, the largest id, and `bigint` beyond. */

/** 2^53. `Number.isSafeInteger` stops one short of it, and it is a legal id (SER-10). */
export const MAX_EXACT = 2 ** 53;

/** An integer a float holds exactly and the formats write as an integer; an integral float is one, too. */
export function isExactInteger(value: number): boolean {
  return Number.isInteger(value) && value <= MAX_EXACT && value >= -MAX_EXACT;
}

/** `bigint` → `number` wherever that is exact. */
export function exactInteger(value: bigint): number | bigint {
  return value <= MAX_EXACT && value >= -MAX_EXACT ? Number(value) : value;
}
