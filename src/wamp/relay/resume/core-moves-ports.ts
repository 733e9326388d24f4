/** What the moves of sessions ask of the core, and the rows that they keep. */

import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import type { RelayLinks } from "../link/relay-links.ts";
import type { OwnMovesPorts } from "./own-moves.ts";

/** A session at another relay than the one that has made its id. */
export interface MovedRow {
  readonly session: Id;
  readonly relay: number;
}

/** One row for each session that has moved, until it ends. */
export interface MovedStore {
  all(): Iterable<MovedRow>;
  /** Adds the row, or replaces that of the session. */
  put(row: MovedRow): void;
  /** Removes the row, if present. */
  delete(session: Id): void;
}

/** What the moves ask of the core. */
export interface CoreMovesPorts extends OwnMovesPorts {
  readonly ids: RelayIds;
  readonly moved: MovedStore;
  /** See `RelayLinks`. */
  readonly links: Pick<RelayLinks, "queue" | "epochOf">;
  /** See `RemoteSessions`. */
  readonly remote: {
    readonly byId: ReadonlyMap<Id, Session>;
    relayOf(session: Session): number;
    move(session: Id, relay: number): void;
    /** See `UnsureInvocations`. */
    readonly unsure: { doubt(session: Session | undefined): void; ask(session: Session | undefined): void };
    unsettle(session: Id, taker: number): void;
    goneFrom(relay: number): readonly (readonly [session: Id, taker: number])[];
    settle(session: Id): void;
    leave(session: Session): void;
  };
}
