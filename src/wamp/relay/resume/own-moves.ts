/** The moves of the core's own sessions. */

import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session } from "../../session/session.ts";
import { CORE } from "../link/relay-ids.ts";
import { type Move, SessionMoves } from "./session-moves.ts";

/** What the moves ask of the core. */
export interface OwnMovesPorts {
  readonly clock: Clock;
  /** See `Batch.boot`. */
  boot(): number;
  readonly realm: Realm;
  /** See `RemoteSessions`. */
  readonly remote: { readonly byId: ReadonlyMap<Id, Session>; holds(session: Session): boolean };
  /** See `CorePublications`. */
  readonly publications: {
    announceOwn(
      session: Session,
      pattern: Pattern,
      wantsRetained: boolean,
      onAnswer: (refusal: unknown) => void,
    ): boolean;
  };
  /** Hands a message to the core. */
  send(message: Move): void;
}

/** The origin of a session that is in no table. */
const NOT_LISTED = { identity: { authid: "", authrole: "", authmethod: "", authprovider: "" }, features: 0 };

/** A session that holds registrations or calls cannot change between one of the core's own and a remote one: it stays. */
export function newOwnMoves({ clock, boot, realm, remote, publications, send }: OwnMovesPorts): SessionMoves {
  return new SessionMoves({
    ...{ clock, object: CORE, boot, realm: () => realm, send },
    announce: (pattern, id, onKnown) => {
      const session = new Session(NO_CLIENT, { id, ...NOT_LISTED });
      if (publications.announceOwn(session, pattern, false, onKnown)) onKnown(undefined);
    },
    release: () => {},
    whenSettled: (_, act) => act(),
    canMove: (id) => {
      const session = realm.sessions.byId.get(id);
      return session === undefined ? !remote.byId.has(id) : !remote.holds(session);
    },
    releaseCalls: (session) => {
      realm.dealer.leave(session);
      return [];
    },
    adoptCalls: () => {},
  });
}
