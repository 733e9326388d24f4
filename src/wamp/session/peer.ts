/** A peer: the client of one transport, and the state of its conversation (Sessions). */

import type { Transport, TransportInfo } from "../host/transport.ts";
import type { Dict } from "../protocol/values.ts";
import type { ResumeRequest } from "./resumable-transport.ts";
import type { Session, SessionOrigin } from "./session.ts";

/** The client of one transport. */
export interface Peer {
  readonly transport: Transport;
  /** What authenticators and authorizers get as `transport`; undefined if the realm has none that need it. */
  readonly facts?: TransportInfo | undefined;
  /** The network of the client's address, if that is known. */
  readonly network?: string | undefined;
  state: PeerState;
}

/** A login in progress: what the session will be made of. */
export interface Attempt extends Pick<SessionOrigin, "id" | "features" | "agent"> {
  /** The authentication method, in the client's spelling. */
  readonly method: string;
  readonly resumeRequest?: ResumeRequest | undefined;
}

/** CHALLENGE was sent, and AUTHENTICATE is due by `deadline`; only the method reads `challengeState`. */
export interface ChallengedState {
  readonly kind: "challenged";
  readonly deadline: number;
  readonly attempt: Attempt;
  readonly challengeState: Dict;
}

/** A state that ends at its deadline, milliseconds since the epoch. */
export type PendingState =
  /** HELLO is due; after GOODBYE another one is optional. */
  | { readonly kind: "connected"; readonly deadline: number; readonly hadSession: boolean }
  /** The router processes HELLO or AUTHENTICATE; the login fails if the object sleeps meanwhile. */
  | { readonly kind: "authenticating"; readonly deadline: number }
  | ChallengedState
  /** The router sent GOODBYE and waits for that of the client. */
  | { readonly kind: "closing"; readonly deadline: number };

/** The state of a peer's conversation. */
export type PeerState =
  | PendingState
  | { readonly kind: "open"; readonly session: Session }
  /** No message is sent or processed any more. */
  | { readonly kind: "closed" };
