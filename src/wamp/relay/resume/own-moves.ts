/** The moves of the core's own sessions. */

import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import type { ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import type { SeenPublications } from "../link/seen-publications.ts";
import { type Move, SessionMoves, type Unanswered } from "./session-moves.ts";

/** See `Handover`. */
export interface HandoverPort {
  depart(session: Session): void;
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
    announceOwn(pattern: Pattern, then: () => void): boolean;
  };
  /** See `OwnSubscriptions`. */
  readonly subscriptions: { whenSettled(session: Session, act: () => void): void };
}

/** What the moves of the core's own sessions tell `CoreMoves`. */
export interface OwnMovesOwner {
  /** Hands a message to the core. */
  send(message: Move): void;
  /** Sends what waits for a session that comes to the core; false if nothing has waited. */
  sendHeld(session: Id): boolean;
  /** See `SessionMovesPorts`. */
  onArrival(session: Id, isHere: boolean): void;
}

/** Returns the moves of the core's own sessions. */
export function newOwnMoves(ports: OwnMovesPorts, owner: OwnMovesOwner): SessionMoves {
  const { host: clock, boot, realm, handover, publications, subscriptions } = ports;
  return new SessionMoves({
    ...{ ...owner, clock, object: CORE, boot, realm: () => realm, seen: publications.seen },
    announce: (pattern, _, onKnown) => {
      const then = (): void => onKnown(undefined);
      if (publications.announceOwn(pattern, then)) then();
    },
    release: () => {},
    whenSettled: (session, act) => subscriptions.whenSettled(session, act),
    prepare: (session) => handover.depart(session),
    releaseCalls: (session) => ({ unanswered: handover.release(session) }),
    adoptCalls: (session, { unanswered }) => handover.arrive(session, unanswered, () => owner.sendHeld(session.id)),
  });
}
