/** Estimates the memory of a decoded value. */

import { Payload } from "./payload.ts";
import type { Dict } from "./values.ts";

/** Estimated bytes of memory for a value besides its characters or bytes. */
const OVERHEAD = 64;

/** Estimated bytes of a value; at least a third of the bytes in which a client sends it. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return OVERHEAD + value.length;
  if (value instanceof Payload) return OVERHEAD + value.size;
  if (value instanceof Uint8Array) return OVERHEAD + value.length;
  if (typeof value !== "object" || value === null) return OVERHEAD;
  let size = OVERHEAD;
  // The entries as a list would cost each login, and each session of a realm that wakes, ten objects.
  for (const key in value) size += key.length + sizeOf((value as Dict)[key]);
  return size;
}
