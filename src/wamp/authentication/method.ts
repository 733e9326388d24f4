/** What an authentication method is, and what comes of it. */

import type { Authorization } from "../authorization/rules.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import type { TransportInfo } from "../host/transport.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { Identity } from "../session/session.ts";

/** Who asks to be let in: what HELLO says, and what the router knows besides. */
export interface AuthRequest {
  /** The id the session will have (CRA-06). */
  readonly sessionId: Id;
  /** The method, as the client spells it. */
  readonly method: string;
  readonly authid: string | undefined;
  /** A wish, for authenticators to verify (AUTH-13). */
  readonly authrole: string | undefined;
  readonly authextra: Dict;
  readonly facts: TransportInfo | undefined;
  /** Where the client is, if that is known. */
  readonly network: string | undefined;
}

/** A client's AUTHENTICATE. */
export interface AuthResponse extends Pick<AuthRequest, "sessionId" | "method" | "facts" | "network"> {
  /** What `begin` kept. */
  readonly challengeState: Dict;
  readonly signature: string;
  readonly extra: Dict;
}

/** Where an attempt stands. */
export type AuthOutcome = Admitted | Challenged | AuthRefusal;

export interface Admitted {
  readonly kind: "admitted";
  readonly identity: Identity;
  /** When the session has to end; milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** One proof is not enough: CHALLENGE.Extra of the round in which he gives another one. */
  readonly secondFactor?: Dict | undefined;
}

export interface Challenged {
  readonly kind: "challenged";
  /** CHALLENGE.AuthMethod, where it is not the method that was chosen. */
  readonly method?: string;
  /** CHALLENGE.Extra. */
  readonly extra: Dict;
  /** What `finish` needs, as JSON: the realm may sleep before the client answers. Holds nothing one could log in with. */
  readonly challengeState: Dict;
}

export interface AuthRefusal {
  readonly kind: "refused";
  readonly uri: Uri;
  readonly message: string;
  /** More for ABORT.Details. */
  readonly details?: Dict;
  /** What the operator is told and the client is not. */
  readonly reason?: Reason;
}

/** Why an attempt came to nothing, for the log: never a credential. */
export interface Reason {
  readonly cause: string;
  readonly [detail: string]: unknown;
}

/**
 * Whether a method can serve an request: it knows his principal; it takes anybody's attempt; it knows no such
 * principal, which he must not learn; that, and yet it takes his attempt; it would need an authid, and there is none; or
 * it cannot serve him at all.
 */
export type Eligibility = "known" | "open" | "unknown" | "open to unknown" | "unnamed" | "no";

/** Checks a second proof of a client; implemented by the authenticator procedure. */
export interface SecondFactorAuthenticator {
  /** `identity` is what the first proof has established, `more` what AUTHENTICATE adds. */
  confirm(response: AuthResponse, identity: Identity, more: Dict): Promise<Admitted | AuthRefusal>;
}

/** One way to prove who one is. What is wrong with a client is an outcome; a method that throws has failed itself. */
export interface Method {
  /** Set where a procedure decides (`type: "dynamic"`). */
  readonly authenticator?: SecondFactorAuthenticator | undefined;
  canServe(request: AuthRequest): Eligibility;
  /** Takes HELLO. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome>;
  /** Takes AUTHENTICATE; a method that never challenges has none. */
  finish?(response: AuthResponse): AuthOutcome | Promise<AuthOutcome>;
}

/** What methods are made from. */
export interface AuthContext {
  readonly realm: Uri;
  readonly config: RealmConfig;
  readonly host: Host;
  readonly authorization: Authorization;
  /** Makes a caller whose calls are permitted as those of `authrole`. */
  readonly newCaller: (authrole: string) => ProcedureCaller;
}

/** Reasons that several methods have. */
export const NO_AUTHID = "the client names no authid";
export const UNKNOWN_PRINCIPAL = "the principal is unknown";
export const WRONG_SIGNATURE = "the signature is wrong";

/** One response for whatever is wrong with credentials, so that nobody learns who exists (AUTH-09). */
export function deny(reason: Reason | string, details?: Dict): AuthRefusal {
  const refusal = refuse(WampUri.AUTHENTICATION_DENIED, "the credentials were rejected", reason);
  return details === undefined ? refusal : { ...refusal, details };
}

/** The router or its authenticator could not decide (AUTH-08). */
export function fail(reason: Reason | string): AuthRefusal {
  return refuse(WampUri.AUTHENTICATION_FAILED, "authentication failed for a technical reason", reason);
}

/** A refusal whose message says to the client all there is to say, unless there is a `reason` for the log. */
export function refuse(uri: Uri, message: string, reason: Reason | string = message): AuthRefusal {
  return { kind: "refused", uri, message, reason: typeof reason === "string" ? { cause: reason } : reason };
}
