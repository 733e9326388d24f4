/** The moves of the core's own sessions. */

import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session } from "../../session/session.ts";
import type { ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import type { SeenPublications } from "../link/seen-publications.ts";
import { type Move, SessionMoves, type Unanswered } from "./session-moves.ts";

/** See `Handover`. */
export interface HandoverPort {
  depart(session: Session, relay: number): void;
  release(session: Session): readonly Unanswered[];
  arrive(session: Session, unanswered: readonly Unanswered[], sendHeld: () => boolean): void;
  take(message: ToRelay): void;
}

/** What the moves ask of the core. */
export interface OwnMovesPorts {
  readonly host: Clock;
  /** See `Batch.boot`. */
  boot(): number;
  readonly realm: Realm;
  readonly handover: HandoverPort;
  /** See `CorePublications`. */
  readonly publications: {
    readonly seen: SeenPublications;
    announceOwn(
      session: Session,
      pattern: Pattern,
      wantsRetained: boolean,
      onAnswer: (refusal: unknown) => void,
    ): boolean;
  };
}

/** What they tell `CoreMoves`. */
export interface OwnMovesOwner {
  /** Hands a message to the core. */
  send(message: Move): void;
  /** Sends what waits for a session that comes to the core; false if nothing has waited. */
  sendHeld(session: Id): boolean;
  /** See `SessionMovesPorts`. */
  onArrival(session: Id, isHere: boolean): void;
}

/** The origin of a session that is in no table. */
const NOT_LISTED = { identity: { authid: "", authrole: "", authmethod: "", authprovider: "" }, features: 0 };

/** Returns them. */
export function newOwnMoves(ports: OwnMovesPorts, owner: OwnMovesOwner): SessionMoves {
  const { host: clock, boot, realm, handover, publications } = ports;
  return new SessionMoves({
    ...{ ...owner, clock, object: CORE, boot, realm: () => realm, seen: publications.seen },
    announce: (pattern, id, onKnown) => {
      const session = new Session(NO_CLIENT, { id, ...NOT_LISTED });
      if (publications.announceOwn(session, pattern, false, onKnown)) onKnown(undefined);
    },
    release: () => {},
    whenSettled: (_, act) => act(),
    prepare: (session, taker) => handover.depart(session, taker),
    releaseCalls: (session) => handover.release(session),
    adoptCalls: (session, unanswered) => handover.arrive(session, unanswered, () => owner.sendHeld(session.id)),
  });
}
