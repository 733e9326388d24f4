/** The interface of authentication methods, and the outcomes of an authentication. */

import type { Authorization } from "../authorization/permission-rules.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import type { TransportInfo } from "../host/transport.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { Identity } from "../session/session.ts";
import type { LoginJudge } from "./lockouts.ts";

/** A login attempt: what HELLO says, and what the router knows of the connection. */
export interface AuthRequest {
  /** The id the session will have (CRA-06). */
  readonly sessionId: Id;
  /** The method, as the client spells it. */
  readonly method: string;
  readonly authid: string | undefined;
  /** The role that the client asks for; only authenticators read it (AUTH-13). */
  readonly authrole: string | undefined;
  readonly authextra: Dict;
  readonly facts: TransportInfo | undefined;
  /** The network of the client's address, where the address is known. */
  readonly network: string | undefined;
}

/** A client's AUTHENTICATE. */
export interface AuthResponse extends Pick<AuthRequest, "sessionId" | "method" | "facts" | "network"> {
  /** From the outcome `challenged` of `begin`. */
  readonly challengeState: Dict;
  readonly signature: string;
  readonly extra: Dict;
}

/** The result of one step of an authentication. */
export type AuthOutcome = Admitted | Challenged | AuthRefusal;

/** The client is authenticated. */
export interface Admitted {
  readonly kind: "admitted";
  readonly identity: Identity;
  /** When the credentials expire, and the session with them; milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** CHALLENGE.Extra of a second round, if the authenticator asks for a second factor. */
  readonly secondFactor?: Dict | undefined;
}

/** The client must answer a CHALLENGE. */
export interface Challenged {
  readonly kind: "challenged";
  /** CHALLENGE.AuthMethod, if it differs from the chosen method. */
  readonly method?: string;
  /** CHALLENGE.Extra. */
  readonly extra: Dict;
  /** What `finish` needs, as JSON, because the realm may sleep in between. Must contain no credential. */
  readonly challengeState: Dict;
}

/** The attempt ends with ABORT. */
export interface AuthRefusal {
  readonly kind: "refused";
  /** ABORT.Reason */
  readonly uri: Uri;
  /** ABORT.Details.message */
  readonly message: string;
  /** Further ABORT.Details. */
  readonly details?: Dict;
  /** For the log only. */
  readonly reason?: Reason;
}

/** The cause of a refusal for the log; contains no credential. */
export interface Reason {
  readonly cause: string;
  readonly [detail: string]: unknown;
}

/**
 * Whether a method can serve a request. `known`: the principal exists. `open`: the method takes any request. `unknown`:
 * no such principal, which the client must not learn. `open to unknown`: `unknown`, but the request may bring a token.
 * `unnamed`: the method needs an authid, and the request has none. `no`: the method cannot serve the request.
 */
export type Eligibility = "known" | "open" | "unknown" | "open to unknown" | "unnamed" | "no";

/** The decisions on a HELLO before its client proves anything. */
export interface LoginPlan {
  /** Set where the client gets ABORT. */
  readonly refusal: AuthRefusal | undefined;
  /** The offered methods among which the router chooses, the first one unless several look the authid up. */
  readonly candidates: readonly string[];
  /** The methods of the realm. */
  readonly methods: readonly {
    readonly method: string;
    readonly offered: boolean;
    readonly fit: Eligibility;
    readonly locked_out: boolean;
  }[];
}

/** Checks a second proof of a client; implemented by the authenticator procedure. */
export interface SecondFactorAuthenticator {
  /** `identity` is what the first proof has established, `more` what AUTHENTICATE adds. */
  confirm(response: AuthResponse, identity: Identity, more: Dict): Promise<Admitted | AuthRefusal>;
}

/** An authentication method. Invalid credentials are an outcome; an exception is a fault of the router. */
export interface Method {
  /** Set where a procedure decides (`type: "dynamic"`). */
  readonly authenticator?: SecondFactorAuthenticator | undefined;
  /** Called for each offered method before `begin`. */
  canServe(request: AuthRequest): Eligibility;
  /** Handles HELLO. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome>;
  /** Handles AUTHENTICATE; absent from methods that never challenge. */
  finish?(response: AuthResponse): AuthOutcome | Promise<AuthOutcome>;
}

/** The parts of authentication that other objects share, where one realm is spread over many. */
export interface SharedAuthentication {
  /** Counts failed logins; by default in this object. */
  readonly logins?: LoginJudge | undefined;
  /** Keeps the identities behind tracking cookies; by default in this object. */
  readonly cookies?: CookieJar | undefined;
  /** Gets from elsewhere what a HELLO with these methods needs; undefined where it needs nothing. */
  readonly prepare?:
    | ((offered: readonly string[], facts: TransportInfo | undefined) => Promise<void> | undefined)
    | undefined;
  /** Has the secret that makes up salts of unknown principals: the same in all objects, or they would tell. */
  readonly decoys?: Pick<Host, "secret"> | undefined;
}

/** Keeps the identities behind tracking cookies. */
export interface CookieJar {
  /**
   * Stores the identity of a new session under the cookie of its transport, unless the session is anonymous or has
   * logged in by that cookie. Forgets a cookie that belongs to another identity. `expiresAt` in milliseconds since
   * the epoch.
   */
  remember(facts: TransportInfo | undefined, identity: Identity, expiresAt: number | undefined): void;
  /** The identity behind the cookie of a transport; undefined if the cookie is unknown or has expired. */
  recall(facts: TransportInfo | undefined): Admitted | undefined;
  /** Ends logins by a cookie; `id` is the id in the cookie. */
  logOut(id: string): void;
}

/** The parts of a realm that authentication uses. */
export interface AuthContext extends SharedAuthentication {
  readonly realm: Uri;
  readonly config: RealmConfig;
  readonly host: Host;
  readonly monitor: Monitor;
  readonly authorization: Authorization;
  /** Makes a caller whose calls are permitted as those of `authrole`. */
  readonly newCaller: (authrole: string) => ProcedureCaller;
}

/** Cause of a refusal, for the log: HELLO has no authid, and the method needs one. */
export const NO_AUTHID = "the client names no authid";
/** Cause of a refusal, for the log: no principal has the authid. */
export const UNKNOWN_PRINCIPAL = "the principal is unknown";
/** Cause of a refusal, for the log: AUTHENTICATE.Signature is wrong. */
export const WRONG_SIGNATURE = "the signature is wrong";

/** Refuses wrong credentials, always with the same message, which does not tell which principals exist (AUTH-09). */
export function deny(reason: Reason | string, details?: Dict): AuthRefusal {
  const refusal = refuse(WampUri.AUTHENTICATION_DENIED, "the credentials were rejected", reason);
  return details === undefined ? refusal : { ...refusal, details };
}

/** Refuses because the router or the authenticator failed (AUTH-08). */
export function fail(reason: Reason | string): AuthRefusal {
  return refuse(WampUri.AUTHENTICATION_FAILED, "authentication failed for a technical reason", reason);
}

/** Refuses with a message for the client; the log gets `reason`, or the same message. */
export function refuse(uri: Uri, message: string, reason: Reason | string = message): AuthRefusal {
  return { kind: "refused", uri, message, reason: typeof reason === "string" ? { cause: reason } : reason };
}
