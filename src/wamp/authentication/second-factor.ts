/** A second round: an authenticator that has one proof of somebody asks for another one (Authentication Methods). */

import type { Dict } from "../protocol/values.ts";
import type { Identity } from "../session/session.ts";
import type { AuthOutcome, AuthResponse, Method } from "./method.ts";
import { fail } from "./method.ts";

/** What is kept between the rounds. */
interface State {
  readonly isSecond: true;
  /** What the first round has proven. */
  readonly identity: Identity;
}

/** Does the client response the second CHALLENGE? */
export function isSecondRound({ challengeState }: { readonly challengeState: Dict }): boolean {
  return challengeState.isSecond === true;
}

/**
 * Challenges instead of admitting where one proof is not enough. What is asked for is sent as it is, like a ticket, so
 * the CHALLENGE says so, whatever the method of the first round.
 */
export function withSecondRound(outcome: AuthOutcome | Promise<AuthOutcome>): AuthOutcome | Promise<AuthOutcome> {
  if (outcome instanceof Promise) return outcome.then(withSecondRound);
  if (outcome.kind !== "admitted" || outcome.secondFactor === undefined) return outcome;
  const challengeState: State = { isSecond: true, identity: outcome.identity };
  return { kind: "challenged", method: "ticket", extra: outcome.secondFactor, challengeState: { ...challengeState } };
}

/** Has the authenticator that asked for it verify the response; it may ask once more. */
export function verifySecondFactor(
  { authenticator }: Method,
  response: AuthResponse,
): AuthOutcome | Promise<AuthOutcome> {
  // Written by `withSecondRound`.
  const { identity } = response.challengeState as unknown as State;
  const more = { "second-factor": response.signature, extra: response.extra };
  return (
    authenticator?.confirm(response, identity, more) ??
    fail("the method has no authenticator that asked for a second factor")
  );
}
