/** A parked session on its way from one object of a realm to another. */

import type { SubscriptionRecord } from "../../broker/subscriptions.ts";
import type { Id } from "../../protocol/values.ts";
import type { ResumeRequest } from "../../session/resumable-transport.ts";
import type { Identity, SessionOrigin } from "../../session/session.ts";

/** What is stored of a parked session, and what only its object's memory has. */
export interface MovedSession<Unanswered> {
  /** See `ParkedStore.read`. */
  readonly texts: readonly (readonly [entry: number, text: string])[];
  /** See `TestamentStore.get`. */
  readonly testaments: string | undefined;
  /** See `ResumeRecord`; this move counts. */
  readonly moves: number;
  /** REGISTER and UNREGISTER messages that the core has not answered. */
  readonly unanswered: readonly Unanswered[];
  /** See `Batch.boot`: the core that these were sent to; undefined if the giver has not heard of it. */
  readonly core?: number | undefined;
  /** See `SeenPublications`; an object that runs an earlier release does not say it. */
  readonly seen?: readonly (readonly [origin: number, count: number])[] | undefined;
}

/**
 * The messages of a move, the same on both ways: the taker, where the client is, sends them to the core, and the core to
 * the giver, which has the session; the answers go back. `taker` is the number of the taker, and `move` its number of
 * the move. Each may come twice: the last `find` counts, a second `take` finds nothing, and a second `moved` is ignored.
 */
export type MoveMessage<Unanswered> =
  | {
      readonly kind: "find session";
      readonly taker: number;
      readonly move: number;
      readonly session: Id;
      readonly request: ResumeRequest;
      readonly origin: Pick<SessionOrigin, "identity" | "features">;
    }
  /** `found` is undefined if the client may not resume the session. */
  | { readonly kind: "found session"; readonly taker: number; readonly move: number; readonly found: Found | undefined }
  /** The taker gets what the session subscribes to: now the session may leave. */
  | { readonly kind: "take session"; readonly taker: number; readonly move: number; readonly session: Id }
  /** `moved` is undefined if the session has ended, or another one has taken it. */
  | {
      readonly kind: "moved session";
      readonly taker: number;
      readonly move: number;
      readonly session: Id;
      readonly moved: MovedSession<Unanswered> | undefined;
    }
  /** From the core to the giver: it need not send the session again after a restart of the core. */
  | { readonly kind: "session arrived"; readonly move: number; readonly session: Id };

/** What the taker needs in order to receive the events of a session. */
export interface Found {
  readonly identity: Identity;
  readonly subscriptions: readonly SubscriptionRecord[];
}
