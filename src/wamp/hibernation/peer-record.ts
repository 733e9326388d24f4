/** Makes records of peers and sessions, from which a realm is restored after sleep. */

import type { Broker } from "../broker/broker.ts";
import type { SubscriptionRecord } from "../broker/subscriptions.ts";
import type { Dealer } from "../dealer/dealer.ts";
import { type DealerRecord, dealerRecord } from "../dealer/dealer-record.ts";
import type { Peer, PendingState } from "../session/peer.ts";
import type { Session, SessionOrigin } from "../session/session.ts";

/** The tables of what sessions hold in a realm. */
export interface SessionTables {
  readonly broker: Broker;
  readonly dealer: Dealer;
}

/** The part of a peer that outlives the object's sleep; `Realm.wake` restores the realm from these records. */
export type PeerRecord = Pick<Peer, "facts" | "network"> &
  (PendingState | { readonly kind: "open"; readonly session: SessionRecord } | { readonly kind: "closed" });

/** The part of a peer's record that its session needs. */
export interface SessionRecord extends SessionOrigin, DealerRecord {
  readonly subscriptions: readonly SubscriptionRecord[];
}

/** Returns the record of a peer as it is now. */
export function peerRecord({ facts, network, state }: Peer, tables: SessionTables): PeerRecord {
  if (state.kind !== "open") return { ...state, facts, network };
  return { kind: "open", facts, network, session: sessionRecord(state.session, tables) };
}

/** Returns the record of a session as it is now. */
export function sessionRecord(session: Session, { broker, dealer }: SessionTables): SessionRecord {
  const { id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest, resumable } = session;
  return {
    ...{ id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest },
    ...(resumable !== undefined && { resume: resumable.record }),
    subscriptions: broker.subscriptions.recordsOf(session),
    ...dealerRecord(session, dealer.tables),
  };
}

/** Says whether a record has calls, which can be restored when caller and callee are. */
export function hasCalls({ calls, waitingCalls }: SessionRecord): boolean {
  return calls.length > 0 || waitingCalls !== undefined;
}
