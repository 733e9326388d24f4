/** SipHash-2-4 against the vectors of its reference implementation. */

import { expect, test } from "vitest";
import { sipHash } from "../../../src/wamp/crypto/siphash.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, index) => index);

/** Length of the input 00 01 02 … → hash (Aumasson and Bernstein: SipHash, appendix A and vectors.h). */
const VECTORS: readonly (readonly [number, bigint])[] = [
  [0, 0x726fdb47dd0e0e31n],
  [1, 0x74f839c593dc67fdn],
  [7, 0xab0200f58b01d137n],
  [8, 0x93f5f5799a932462n],
  [15, 0xa129ca6149be45e5n],
  [63, 0x958a324ceb064572n],
];

test.each(VECTORS)("the hash of %d bytes is that of the reference implementation", (length, hash) => {
  const data = Uint8Array.from({ length }, (_, index) => index);
  expect(sipHash(KEY, data)).toBe(hash);
});

test("another key gives another hash", () => {
  expect(sipHash(KEY.toReversed(), new Uint8Array(0))).not.toBe(VECTORS[0]![1]);
});
