/** What a meta procedure is: a function of the router that answers a CALL (Meta API). */

import type { Payload } from "../payload.ts";
import type { Realm } from "../realm.ts";
import type { Session } from "../session.ts";

/**
 * Answers a call at once: with the Arguments and ArgumentsKw of the RESULT, or by throwing a `WampError`. The call has
 * been authorized; its payload comes from a client and is checked with the functions of `arguments.ts`, which ignore
 * what they do not ask for (META-07). Whatever makes the router tell somebody of it belongs into `MetaReply.afterwards`.
 */
export type MetaProcedure = (realm: Realm, caller: Session, payload: Payload) => Payload | MetaReply;

/** An answer with consequences; they come after it, so that events follow the reply that caused them (ORD-09). */
export interface MetaReply {
  readonly payload: Payload;
  /** Runs in the same turn, right after the RESULT was sent. Must not throw. */
  readonly afterwards: () => void;
}
