/** How long a call may take, and whether its dealer or its callee sees to that (Call Timeouts). */

import type { Dict } from "../protocol/values.ts";
import type { Callee } from "./registrations.ts";

/** What a realm's configuration says of timeouts; times in milliseconds. */
export interface CallTimeoutRules {
  /** For calls that ask for none. */
  readonly default?: number;
  /** No call waits longer. */
  readonly maximum?: number;
  /** Always or never left to callees that can keep it; if absent, each REGISTER says (`forward_timeout`). */
  readonly forward?: boolean;
}

/** The most the configuration may say. Milliseconds, a year: more means never to anybody, and a deadline has to remain a date. */
export const LONGEST_TIMEOUT = 31_536_000_000;

/** Milliseconds until the next answer to a CALL with these options is overdue; 0 for never. */
export function timeoutOf(options: Dict, rules: CallTimeoutRules): number {
  // null and undefined stand for absent, 0 for no timeout; anything else was no CALL.
  const asked = (options.timeout ?? 0) as number;
  const wanted = asked === 0 ? (rules.default ?? rules.maximum ?? 0) : asked;
  return Math.min(wanted, rules.maximum ?? LONGEST_TIMEOUT);
}

/** Does the callee itself see to the timeout, so that the dealer runs no timer? */
export function isTimeoutForwarded(callee: Callee, rules: CallTimeoutRules): boolean {
  return (rules.forward ?? callee.forwardsTimeout) && callee.session.has("callee.call_timeout");
}
