/** Ids and their range (Identifiers). */

import type { Id } from "./values.ts";

/** The largest id: 2^53. */
export const MAX_ID: Id = 2 ** 53;

/** An integer in 1..2^53; an integral float is the same JavaScript number and passes. */
export function isId(value: unknown): value is Id {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}

/** The id after `id` in a session-scope sequence: it wraps to 1 after 2^53. */
export function nextId(id: Id): Id {
  return id >= MAX_ID ? 1 : id + 1;
}

/**
 * A global-scope id from 8 random bytes: uniform over 1..2^53-1. 2^53 itself is never drawn, because
 * serializers write that JavaScript number as a float (SER-11).
 */
export function idFromRandom(bytes: Uint8Array): Id {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const id = (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4);
  return id === 0 ? MAX_ID - 1 : id;
}

/** An id in 1..2^53-1 that is the same for the same text, and very rarely for two: the upper bits of FNV-1a. */
export function idFromText(text: string): Id {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0)!)) * 0x100000001b3n);
  }
  return Number(hash >> 11n) || 1;
}
