/** How much memory a decoded value takes, about. */

import { Payload } from "./payload.ts";

/** What the router itself needs to keep a value besides its characters or bytes; bytes, about. */
const OVERHEAD = 64;

/** Bytes a value takes, about; at least a third of what the client had to send for it. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return OVERHEAD + value.length;
  if (value instanceof Payload) return OVERHEAD + value.size;
  if (value instanceof Uint8Array) return OVERHEAD + value.length;
  if (typeof value !== "object" || value === null) return OVERHEAD;
  return Object.entries(value).reduce((sum, [key, entry]) => sum + key.length + sizeOf(entry), OVERHEAD);
}
