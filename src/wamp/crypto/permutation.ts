/** A keyed permutation of 53-bit numbers: a number that looks random, from which the key tells the original. */

import { sipHash } from "./siphash.ts";

/** Numbers are below this one: 2^53. */
export const PERMUTATION_LIMIT = 2 ** 53;

/** Bits of each half of the Feistel network; both are one bit more than a number has. */
const HALF_BITS = 27;
const HALF = 2 ** HALF_BITS;
/** A permutation of so few bits needs more rounds than the four that suffice for large blocks. */
const ROUNDS = 8;

/** Permutes 0..2^53-1; `key` as of `sipHash`. Takes some ten microseconds. */
export function permute(key: Uint8Array, value: number): number {
  return walk(key, value, encipher);
}

/** The inverse of `permute`. */
export function unpermute(key: Uint8Array, value: number): number {
  return walk(key, value, decipher);
}

/** Both halves apart, because a number of 54 bits has no exact JavaScript number. */
type Halves = readonly [left: number, right: number];

/** The network permutes 54 bits; going on until the number is in the range again permutes the range. */
function walk(key: Uint8Array, value: number, step: (key: Uint8Array, halves: Halves) => Halves): number {
  let halves: Halves = [Math.floor(value / HALF), value % HALF];
  do halves = step(key, halves);
  while (halves[0] >= HALF / 2);
  return halves[0] * HALF + halves[1];
}

function encipher(key: Uint8Array, [left, right]: Halves): Halves {
  let halves: Halves = [left, right];
  for (let round = 0; round < ROUNDS; round++) halves = [halves[1], halves[0] ^ roundOf(key, round, halves[1])];
  return halves;
}

function decipher(key: Uint8Array, [left, right]: Halves): Halves {
  let halves: Halves = [left, right];
  for (let round = ROUNDS - 1; round >= 0; round--) halves = [halves[1] ^ roundOf(key, round, halves[0]), halves[0]];
  return halves;
}

function roundOf(key: Uint8Array, round: number, half: number): number {
  const data = Uint8Array.of(round, half & 0xff, (half >> 8) & 0xff, (half >> 16) & 0xff, half >> 24);
  return Number(BigInt.asUintN(HALF_BITS, sipHash(key, data)));
}
