/** A peer: one client's end of one transport, and how far its conversation has come (Sessions). */

import type { Transport, TransportInfo } from "../host/transport.ts";
import type { Dict } from "../protocol/values.ts";
import type { ResumeRequest } from "./resumable-transport.ts";
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
  readonly wish?: ResumeRequest | undefined;
}

/** CHALLENGE was sent, and AUTHENTICATE is due until `deadline`; `challengeState` is the method's own. */
export interface ChallengedState {
  readonly kind: "challenged";
  readonly deadline: number;
  readonly attempt: Attempt;
  readonly challengeState: Dict;
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
