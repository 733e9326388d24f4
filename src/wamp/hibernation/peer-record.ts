/** Peers and sessions as records, from which a realm that slept is rebuilt. */

import type { Broker } from "../broker/broker.ts";
import type { SubscriptionRecord } from "../broker/subscriptions.ts";
import type { Dealer } from "../dealer/dealer.ts";
import { type DealerRecord, dealerRecord } from "../dealer/dealer-record.ts";
import type { Peer, PendingState } from "../session/peer.ts";
import type { Session, SessionOrigin } from "../session/session.ts";

/** The tables that hold what sessions have in a realm. */
export interface SessionTables {
  readonly broker: Broker;
  readonly dealer: Dealer;
}

/** What outlives the object's sleep, as JSON; `Realm.wake` rebuilds everything from these. */
export type PeerRecord = Pick<Peer, "facts" | "network"> &
  (PendingState | { readonly kind: "open"; readonly session: SessionRecord } | { readonly kind: "closed" });

/** The part of a peer's record that its session needs. */
export interface SessionRecord extends SessionOrigin, DealerRecord {
  readonly subscriptions: readonly SubscriptionRecord[];
}

/** The record of a peer as it is now. */
export function peerRecord({ facts, network, state }: Peer, tables: SessionTables): PeerRecord {
  if (state.kind !== "open") return { ...state, facts, network };
  return { kind: "open", facts, network, session: sessionRecord(state.session, tables) };
}

/** The record of a session as it is now. */
export function sessionRecord(session: Session, { broker, dealer }: SessionTables): SessionRecord {
  const { id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest, resumable } = session;
  return {
    ...{ id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest },
    ...(resumable !== undefined && { resume: resumable.record }),
    subscriptions: broker.subscriptions.recordsOf(session),
    ...dealerRecord(session, dealer.tables),
  };
}

/** Does a record tell of calls, which need both their sides awake? */
export function hasCalls({ calls, waitingCalls }: SessionRecord): boolean {
  return calls.length > 0 || waitingCalls !== undefined;
}
