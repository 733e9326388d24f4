/** What a meta procedure is: a function of the router that answers a CALL (Meta API). */

import type { Payload } from "../protocol/payload.ts";
import type { Dict } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { MetaContext } from "./meta-context.ts";

/**
 * Answers a call at once: with the Arguments and ArgumentsKw of the RESULT, or by throwing a `WampError`. The call has
 * been authorized; its payload comes from a client and is checked with the functions of `arguments.ts`, which ignore
 * what they do not ask for (META-07). Whatever makes the router tell somebody of it belongs into `MetaReply.afterwards`.
 */
export type MetaProcedure = (
  context: MetaContext,
  caller: Session,
  payload: Payload,
  options: Dict,
) => Payload | MetaReply;

/** An answer in several parts, or with consequences. */
export interface MetaReply {
  /** Goes out first, in progressive RESULTs; only for a caller whose `options` ask for them. */
  readonly progress?: readonly Payload[];
  readonly payload: Payload;
  /** The consequences, which come after the answer, so that events follow the reply that caused them (ORD-09). Runs in the same turn, right after the RESULT was sent. Must not throw. */
  readonly afterwards?: () => void;
}
