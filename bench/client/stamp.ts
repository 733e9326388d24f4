/** Time stamps in payloads: `@` and twelve digits, the microseconds of the load generator's clock. */

import { clock } from "./clock.ts";
import { MASK } from "./frame.ts";

const AT_SIGN = 64;
const ZERO = 48;
const DIGITS = 12;

/** A stamp of no time; a template with it gets the time of each send. */
export const BLANK_STAMP = `@${"0".repeat(DIGITS)}`;

/** Writes the time to the digits at `at`, masked; `phase` is their position in the frame's payload. */
export function writeStamp(target: Buffer, at: number, phase: number): void {
  let rest = Math.round(clock.now * 1000);
  for (let index = DIGITS - 1; index >= 0; index--) {
    const quotient = Math.floor(rest / 10);
    target[at + index] = (ZERO + rest - quotient * 10) ^ MASK[(phase + index) & 3]!;
    rest = quotient;
  }
}

/** How far the stamp of the last message was from its end: the next one is looked for there first. */
let distance = -1;

/** Returns the microseconds of the stamp in a message, the last `@` in it; 0 without one. */
export function readStamp(bytes: Buffer, start: number, end: number): number {
  let at = distance > 0 ? end - distance : -1;
  if (at < start || bytes[at] !== AT_SIGN) {
    at = bytes.subarray(start, end).lastIndexOf(AT_SIGN);
    if (at < 0) return 0;
    at += start;
    distance = end - at;
  }
  let value = 0;
  for (let index = 1; index <= DIGITS; index++) value = value * 10 + bytes[at + index]! - ZERO;
  return value;
}
