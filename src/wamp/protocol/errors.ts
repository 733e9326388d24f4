/** The predefined URIs, and the two errors that a message can cause. */

import { CloseCode } from "./close-code.ts";
import { Payload } from "./payload.ts";
import type { Uri } from "./values.ts";

/** Predefined error URIs, each with the sentence that defines it (Predefined URIs). */
export const WampUri = {
  /** A URI-typed field does not satisfy the URI rules in force. */
  INVALID_URI: "wamp.error.invalid_uri",
  /** A CALL found no registration. */
  NO_SUCH_PROCEDURE: "wamp.error.no_such_procedure",
  /** A REGISTER for a procedure already registered. */
  PROCEDURE_ALREADY_EXISTS: "wamp.error.procedure_already_exists",
  /** An UNREGISTER for a registration the session does not hold. */
  NO_SUCH_REGISTRATION: "wamp.error.no_such_registration",
  /** An UNSUBSCRIBE for a subscription the session does not hold. */
  NO_SUCH_SUBSCRIPTION: "wamp.error.no_such_subscription",
  /** The arguments of a call are not acceptable. */
  INVALID_ARGUMENT: "wamp.error.invalid_argument",
  /** A call was canceled. */
  CANCELED: "wamp.error.canceled",
  /** A message does not fit the receiver's transport. */
  PAYLOAD_SIZE_EXCEEDED: "wamp.error.payload_size_exceeded",
  /** The peer broke the protocol. */
  PROTOCOL_VIOLATION: "wamp.error.protocol_violation",
  /** The principal may not perform the action. */
  NOT_AUTHORIZED: "wamp.error.not_authorized",
  /** The principal may perform the action once another principal has granted it (capability-based access control). */
  AUTHORIZATION_REQUIRED: "wamp.error.authorization_required",
  /** Deciding the permission itself failed. */
  AUTHORIZATION_FAILED: "wamp.error.authorization_failed",
  /** HELLO for an unknown realm. */
  NO_SUCH_REALM: "wamp.error.no_such_realm",
  /** No authid was assigned. */
  NO_SUCH_PRINCIPAL: "wamp.error.no_such_principal",
  /** The assigned role does not exist. */
  NO_SUCH_ROLE: "wamp.error.no_such_role",
  /** None of the offered authentication methods is accepted. */
  NO_MATCHING_AUTH_METHOD: "wamp.error.no_matching_auth_method",
  /** The credentials were rejected. */
  AUTHENTICATION_DENIED: "wamp.error.authentication_denied",
  /** Authentication broke down technically. */
  AUTHENTICATION_FAILED: "wamp.error.authentication_failed",
  /** The realm does not admit anonymous sessions. */
  AUTHENTICATION_REQUIRED: "wamp.error.authentication_required",
  /** A call timed out. */
  TIMEOUT: "wamp.error.timeout",
  /** Identity disclosure is refused. */
  OPTION_DISALLOWED_DISCLOSE_ME: "wamp.error.option_disallowed.disclose_me",
  /** The callee's connection cannot take the invocation. */
  NETWORK_FAILURE: "wamp.error.network_failure",
  /** A callee asks the dealer to try another one. */
  UNAVAILABLE: "wamp.error.unavailable",
  /** Every callee answered unavailable. */
  NO_AVAILABLE_CALLEE: "wamp.error.no_available_callee",
  /** The other side lacks the feature the message needs. */
  FEATURE_NOT_SUPPORTED: "wamp.error.feature_not_supported",
  /** No session of the realm has this id. */
  NO_SUCH_SESSION: "wamp.error.no_such_session",
  /** A registration was withdrawn in favour of another one (Crossbar.io's URI). */
  UNREGISTERED: "wamp.error.unregistered",
  /** A callee failed in a way it has no URI for (the URI of Autobahn's clients). */
  RUNTIME_ERROR: "wamp.error.runtime_error",
  /** Every callee is at the concurrency it registered with (Crossbar.io's URI). */
  MAX_CONCURRENCY_REACHED: "crossbar.error.max_concurrency_reached",
  /** The router itself failed; its log says why. */
  INTERNAL_ERROR: "wamp.edge.error.internal",
  /** A per-session limit of this router is reached. */
  LIMIT_EXCEEDED: "wamp.edge.error.limit_exceeded",
  /** The session, or its role, sends more messages or causes more events than its rate allows. */
  RATE_EXCEEDED: "wamp.edge.error.rate_exceeded",
  /** Storage has no room for what an acknowledged request would store; nothing is stored. */
  STORAGE_FULL: "wamp.edge.error.storage_full",
  /** The realm has no role of this name, or the role has no such rule. */
  NOTHING_TO_MANAGE: "wamp.edge.error.nothing_to_manage",
  /** The peer is going down. */
  SYSTEM_SHUTDOWN: "wamp.close.system_shutdown",
  /** The client leaves the realm. */
  CLOSE_REALM: "wamp.close.close_realm",
  /** The client leaves, and the router forgets its cookie (Crossbar.io's URI). */
  LOGOUT: "wamp.close.logout",
  /** The reply to a GOODBYE. */
  GOODBYE_AND_OUT: "wamp.close.goodbye_and_out",
  /** The router ended the session. */
  KILLED: "wamp.close.killed",
} as const satisfies Record<string, Uri>;

/** A refused request: becomes an ERROR for it (or nothing, for an unacknowledged PUBLISH). */
export class WampError extends Error {
  readonly uri: Uri;
  readonly payload: Payload;
  constructor(uri: Uri, message?: string) {
    super(message ?? uri);
    this.uri = uri;
    this.payload = message === undefined ? Payload.NONE : Payload.of([message]);
  }
}

/** A message that breaks the protocol: becomes an ABORT and ends the session (Protocol Errors). */
export class ProtocolViolation extends Error {
  readonly uri: Uri;
  /** The WebSocket close code. */
  readonly code: number;
  constructor(message: string, uri: Uri = WampUri.PROTOCOL_VIOLATION, code: number = CloseCode.PROTOCOL_ERROR) {
    super(message);
    this.uri = uri;
    this.code = code;
  }
}
