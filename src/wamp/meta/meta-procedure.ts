/** The type of a meta procedure: a function of the router that answers a CALL (Meta API). */

import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { MetaContext } from "./meta-context.ts";

/**
 * Answers a call at once: returns the Arguments and ArgumentsKw of the RESULT, or throws a `WampError`. The call has
 * been authorized; its payload comes from a client and is read with the functions of `arguments.ts`, which ignore other
 * arguments (META-07). Returns undefined if it has opened a call, which it answers later. Changes that cause messages to sessions belong into `MetaReply.afterwards`.
 */
export type MetaProcedure = (
  context: MetaContext,
  caller: Session,
  payload: Payload,
  options: Dict,
  request: Id,
) => Payload | MetaReply | undefined;

/** An answer in several parts, or with changes after it. */
export interface MetaReply {
  /** Sent first, in progressive RESULTs; only for a caller whose `options` ask for them. */
  readonly progress?: readonly Payload[];
  readonly payload: Payload;
  /** Calls `send` when the answer may go out; absent where it may at once. */
  readonly when?: (send: () => void) => void;
  /**
   * Called in the same turn, right after the RESULT was sent, so that events follow the reply that caused them
   * (ORD-09). Must not throw.
   */
  readonly afterwards?: () => void;
}
