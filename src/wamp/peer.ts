/** A peer: one client's end of one transport, and how far its conversation has come (Sessions). */

import type { Transport } from "./host.ts";
import type { CallRecord } from "./invocation.ts";
import { callRecord } from "./invocation.ts";
import type { RegistrationRecord } from "./registration.ts";
import { registrationRecord } from "./registration.ts";
import type { Session, SessionOrigin } from "./session.ts";
import type { SubscriptionRecord } from "./subscription.ts";
import { subscriptionRecord } from "./subscription.ts";

export interface Peer {
  readonly transport: Transport;
  state: PeerState;
}

export type PeerState =
  /** HELLO is due until `deadline`, milliseconds since the epoch; after a GOODBYE there may be another one. */
  | { readonly kind: "connected"; readonly deadline: number; readonly hadSession: boolean }
  | { readonly kind: "open"; readonly session: Session }
  /** The router said GOODBYE and waits for the client's until `deadline`. */
  | { readonly kind: "closing"; readonly deadline: number }
  /** Nothing more is sent or processed. */
  | { readonly kind: "closed" };

/** What outlives the object's sleep, as JSON; `Realm.wake` rebuilds everything from these. */
export type PeerRecord =
  | { readonly kind: "connected"; readonly deadline: number; readonly hadSession: boolean }
  | { readonly kind: "open"; readonly session: SessionRecord }
  | { readonly kind: "closing"; readonly deadline: number }
  | { readonly kind: "closed" };

export interface SessionRecord extends SessionOrigin {
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly registrations: readonly RegistrationRecord[];
  readonly calls: readonly CallRecord[];
}

export function peerRecord({ state }: Peer): PeerRecord {
  return state.kind === "open" ? { kind: "open", session: sessionRecord(state.session) } : state;
}

function sessionRecord(session: Session): SessionRecord {
  const { id, identity, features, agent, addedDetails, lastInvocation, lastRequest } = session;
  const origin: SessionOrigin = { id, identity, features, agent, addedDetails, lastInvocation, lastRequest };
  const abandoned = [...session.abandoned];
  const subscriptions = [...session.subscriptions.values()].map(subscriptionRecord);
  const registrations = [...session.registrations.values()].map((held) => registrationRecord(held, session));
  const calls = [...session.calls.values()].map(callRecord);
  return { ...origin, abandoned, subscriptions, registrations, calls };
}
