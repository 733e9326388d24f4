/** How long a call may take, and whether the dealer or the callee enforces it (Call Timeouts). */

import { type CallTimeoutRules, LONGEST_TIMEOUT } from "../config/limits.ts";
import type { Dict } from "../protocol/values.ts";
import type { Callee } from "./registrations.ts";

/** Milliseconds until the next result of a CALL with these options is overdue; 0 for never. */
export function timeoutOf(options: Dict, rules: CallTimeoutRules): number {
  // parse() has checked the type: a number, or null or undefined for absent; 0 means no timeout.
  const asked = (options.timeout ?? 0) as number;
  const wanted = asked === 0 ? (rules.default ?? rules.maximum ?? 0) : asked;
  return Math.min(wanted, rules.maximum ?? LONGEST_TIMEOUT);
}

/** Does the callee enforce the timeout, so that the dealer runs no timer? */
export function isTimeoutForwarded(callee: Callee, rules: CallTimeoutRules): boolean {
  return (rules.forward ?? callee.forwardsTimeout) && callee.session.has("callee.call_timeout");
}
