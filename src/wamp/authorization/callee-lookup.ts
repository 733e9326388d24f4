/** The part of the dealer that access control reads. */

import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** One session's part in a registration; each REGISTER makes a new one. */
export interface CalleeView {
  /** Undefined where it is at another object. */
  readonly session: Session | undefined;
}

/** The registrations and calls of the dealer, read only. */
export interface CalleeLookup {
  readonly registrations: {
    /** The registration that serves a procedure, with its callees in order of registration. */
    best(procedure: Uri): { readonly callees: readonly CalleeView[] } | undefined;
  };
  /** INVOCATION.Request → the call that a callee works on. */
  invocationsOf(callee: Session): ReadonlyMap<Id, { readonly procedure: Uri }>;
  /** Is the call of this CALL.Request pending, or does it wait for a callee? */
  isOpenCall(caller: Session, request: Id): boolean;
  /** Would a CALL with this request be more input of an earlier one (Progressive Call Invocations)? */
  isFurtherInput(caller: Session, request: Id): boolean;
}
