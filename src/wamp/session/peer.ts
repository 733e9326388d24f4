/** A peer: one client's end of one transport, and how far its conversation has come (Sessions). */

import type { SubscriptionRecord } from "../broker/subscriptions.ts";
import { subscriptionRecord } from "../broker/subscriptions.ts";
import type { WaitingRecord } from "../dealer/call-queue.ts";
import { waitingRecord } from "../dealer/call-queue.ts";
import type { CallRecord } from "../dealer/call-records.ts";
import { callRecord } from "../dealer/call-records.ts";
import type { RegistrationRecord } from "../dealer/registrations.ts";
import { registrationRecord } from "../dealer/registrations.ts";
import type { ResumeWish } from "../hibernation/session-resume.ts";
import type { Transport, TransportInfo } from "../host/host.ts";
import type { Dict } from "../protocol/message.ts";
import type { Session, SessionOrigin } from "./session.ts";

export interface Peer {
  readonly transport: Transport;
  /** Kept where authentication asks for them. */
  readonly facts?: TransportInfo | undefined;
  /** The network of the client's address, where that is known. */
  readonly network?: string | undefined;
  state: PeerState;
}

/** A client on its way to a session: what its session will begin with. */
export interface Attempt extends Pick<SessionOrigin, "id" | "features" | "agent"> {
  /** The authentication method, as the client spells it. */
  readonly method: string;
  readonly wish?: ResumeWish | undefined;
}

/** CHALLENGE was sent, and AUTHENTICATE is due until `deadline`; `memo` is the method's own. */
export interface ChallengedState {
  readonly kind: "challenged";
  readonly deadline: number;
  readonly attempt: Attempt;
  readonly memo: Dict;
}

/** A state that ends at its deadline, milliseconds since the epoch. */
export type PendingState =
  /** HELLO is due; after a GOODBYE there may be another one. */
  | { readonly kind: "connected"; readonly deadline: number; readonly hadSession: boolean }
  /** The router is at work on HELLO or AUTHENTICATE; what it has done is lost when it sleeps. */
  | { readonly kind: "authenticating"; readonly deadline: number }
  | ChallengedState
  /** The router said GOODBYE and waits for the client's. */
  | { readonly kind: "closing"; readonly deadline: number };

export type PeerState =
  | PendingState
  | { readonly kind: "open"; readonly session: Session }
  /** Nothing more is sent or processed. */
  | { readonly kind: "closed" };

/** What outlives the object's sleep, as JSON; `Realm.wake` rebuilds everything from these. */
export type PeerRecord = Pick<Peer, "facts" | "network"> &
  (PendingState | { readonly kind: "open"; readonly session: SessionRecord } | { readonly kind: "closed" });

export interface SessionRecord extends SessionOrigin {
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly registrations: readonly RegistrationRecord[];
  readonly calls: readonly CallRecord[];
  readonly waitingCalls?: readonly WaitingRecord[];
}

export function peerRecord({ facts, network, state }: Peer): PeerRecord {
  if (state.kind !== "open") return { ...state, facts, network };
  return { kind: "open", facts, network, session: sessionRecord(state.session) };
}

/** Does a record tell of calls, which need both their sides awake? */
export function hasCalls({ calls, waitingCalls }: SessionRecord): boolean {
  return calls.length > 0 || waitingCalls !== undefined;
}

/** What outlives the object's sleep of one session, as JSON. */
export function sessionRecord(session: Session): SessionRecord {
  const { id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest } = session;
  const origin: SessionOrigin = { id, identity, features, agent, expiresAt, addedDetails, lastInvocation, lastRequest };
  const subscriptions = [...session.subscriptions.values()].map((held) => subscriptionRecord(held, session));
  const registrations = [...session.registrations.values()].map((held) => registrationRecord(held, session));
  const calls = [...session.calls.values()].map(callRecord);
  return { ...origin, ...unfinished(session), subscriptions, registrations, calls };
}

/** What few sessions have, and only for a while. */
function unfinished({ abandoned, endedInputs, waitingCalls, lifeline }: Session): Partial<SessionRecord> {
  return {
    ...(lifeline !== undefined && { resume: lifeline.record }),
    ...(abandoned.size > 0 && { abandoned: [...abandoned] }),
    ...(endedInputs.size > 0 && { endedInputs: [...endedInputs] }),
    ...(waitingCalls.size > 0 && { waitingCalls: [...waitingCalls.values()].map(waitingRecord) }),
  };
}
