/** Lengths of time and counts on the command line. */

import { UserError } from "../project/user-error.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, "": 1000, s: 1000, m: 60_000, h: 3_600_000 };
/** Longer timers fire at once. */
const MAX_MS = 2 ** 31 - 1;

/** `500ms`, `10s` or `10`, `5m`, `1h` → milliseconds; `option` is the name in the UserError. */
export function parseDuration(text: string, option: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (UNITS_MS[unit ?? ""] ?? Number.NaN);
  if (milliseconds > 0 && milliseconds <= MAX_MS) return milliseconds;
  throw new UserError(`${option} must be a length of time such as 500ms, 10s, 5m or 1h, not ${text}`);
}

/** Reads a whole number from 1; `option` is the name in the UserError. */
export function parseCount(text: string, option: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UserError(`${option} must be a whole number from 1, not ${text}`);
}
