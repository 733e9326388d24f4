/** A second round: an authenticator that has one proof of somebody asks for another one (Authentication Methods). */

import type { Dict } from "../protocol/values.ts";
import type { Identity } from "../session/session.ts";
import type { Answer, Method, Outcome } from "./method.ts";
import { failed } from "./method.ts";

/** What is kept between the rounds. */
interface Memo {
  readonly isSecond: true;
  /** What the first round has proven. */
  readonly identity: Identity;
}

/** Does the client answer the second CHALLENGE? */
export function isSecondRound({ memo }: { readonly memo: Dict }): boolean {
  return memo.isSecond === true;
}

/**
 * Challenges instead of admitting where one proof is not enough. What is asked for is sent as it is, like a ticket, so
 * the CHALLENGE says so, whatever the method of the first round.
 */
export function withSecondRound(outcome: Outcome | Promise<Outcome>): Outcome | Promise<Outcome> {
  if (outcome instanceof Promise) return outcome.then(withSecondRound);
  if (outcome.kind !== "admitted" || outcome.secondFactor === undefined) return outcome;
  const memo: Memo = { isSecond: true, identity: outcome.identity };
  return { kind: "challenged", method: "ticket", extra: outcome.secondFactor, memo: { ...memo } };
}

/** Has the authenticator that asked for it judge the answer; it may ask once more. */
export function judgeSecond({ authenticator }: Method, answer: Answer): Outcome | Promise<Outcome> {
  // Written by `withSecondRound`.
  const { identity } = answer.memo as unknown as Memo;
  const more = { "second-factor": answer.signature, extra: answer.extra };
  return (
    authenticator?.confirm(answer, identity, more) ??
    failed("the method has no authenticator that asked for a second factor")
  );
}
