/** Second factor: after a valid proof the authenticator asks the client for another one (Authentication Methods). */

import type { Dict } from "../protocol/values.ts";
import type { Identity } from "../session/session.ts";
import type { AuthOutcome, AuthResponse, Method } from "./method.ts";
import { fail } from "./method.ts";

/** Kept from the second CHALLENGE to its AUTHENTICATE. */
interface State {
  readonly isSecond: true;
  /** The identity that the first round has proven. */
  readonly identity: Identity;
}

/** Is the AUTHENTICATE that of a second round? */
export function isSecondRound({ challengeState }: { readonly challengeState: Dict }): boolean {
  return challengeState.isSecond === true;
}

/**
 * Replaces the outcome `admitted` by a CHALLENGE if the authenticator asks for a second factor. The client sends the
 * factor in clear, like a ticket, so CHALLENGE.AuthMethod is `ticket` whatever the method of the first round.
 */
export function withSecondRound(outcome: AuthOutcome | Promise<AuthOutcome>): AuthOutcome | Promise<AuthOutcome> {
  if (outcome instanceof Promise) return outcome.then(withSecondRound);
  if (outcome.kind !== "admitted" || outcome.secondFactor === undefined) return outcome;
  const challengeState: State = { isSecond: true, identity: outcome.identity };
  return { kind: "challenged", method: "ticket", extra: outcome.secondFactor, challengeState: { ...challengeState } };
}

/** Has the authenticator verify the second factor; the authenticator may ask for yet another one. */
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
