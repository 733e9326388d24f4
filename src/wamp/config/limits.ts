/** The defaults of the configuration's `limits`, and their largest values. */

/** The defaults; names are those of the configuration. */
export const DEFAULT_LIMITS = {
  /** Bytes of one received message: as in Crossbar.io's production profile, ample for everything but file transfer. */
  message_bytes: 1_048_576,
  /** Bytes of one sent message: more than any received message has in another serializer, and accepted by clients. */
  sent_message_bytes: 16_777_216,
  /**
   * Nesting of lists and dicts, Arguments itself being 1: real payloads stay below 20, recursion overflows in the
   * thousands.
   */
  depth: 128,
  /** Subscriptions one session may hold: twice the 5,000 a gateway is known to need. */
  subscriptions_per_session: 10_000,
  /** Registrations one session may hold: as with subscriptions. */
  registrations_per_session: 10_000,
  /** Calls of one session without a final result: each is kept until then, and stored before the realm sleeps. */
  pending_calls_per_session: 10_000,
  /** Testaments of one session. */
  testaments_per_session: 100,
  /**
   * Characters of all of them as stored, payloads in Base64 included: every session of a full realm may have that many.
   */
  testament_bytes: 65_536,
  /**
   * Estimated bytes of a session's record: its identity, subscriptions, registrations and pending calls, 64 bytes each
   * and their URIs. 10,000 subscriptions of 40 characters fit; 10,000 of the longest URIs would cost gigabytes.
   */
  session_bytes: 1_048_576,
  /** Bytes of memory for the records of all sessions, and for messages that wait: half of the isolate's 128 MB. */
  realm_bytes: 67_108_864,
  /** Sessions in the realm: the platform's sockets, less some for handshakes and for refusals with ABORT. */
  sessions: 32_000,
  /** Transports without a session: enough for all clients of a large realm that reconnect at once. */
  handshakes: 10_000,
  /** Milliseconds from the open socket to HELLO, and to every AUTHENTICATE: time for a slow mobile network. */
  hello_timeout: 10_000,
  /** Milliseconds from the router's GOODBYE to the end of the socket, for clients that do not answer. */
  goodbye_timeout: 5_000,
  /**
   * Wrong passwords for one authid from one network until it is locked out there: more than a person mistypes, few for
   * guessing. Ten times as many from all networks lock it out wherever it has not logged in before.
   */
  failed_logins: 20,
  /** Milliseconds in which they count, and for which the authid is locked out then. */
  failed_logins_window: 60_000,
  /** Milliseconds an authorizer may take: what a user accepts as a delay. */
  authorizer_timeout: 5_000,
  /** Estimated bytes of a session's messages that may wait for an authorizer: two of the largest. */
  undecided_bytes: 2_097_152,
  /**
   * Estimated bytes sent to a session and not read by it yet: an eighth of the isolate's 128 MB, and
   * as much as the largest message. Above it the session is closed. The platform shows no back-pressure; `UnreadBudget`
   * estimates what is read.
   */
  outgoing_bytes: 16_777_216,
  /**
   * The same for all sessions of the realm together: half of the isolate's memory. Sessions with most unread bytes are
   * closed first.
   */
  realm_outgoing_bytes: 67_108_864,
} as const;

/** The bounds in force in a realm; units as in `DEFAULT_LIMITS`. */
export type Limits = { readonly [Name in keyof typeof DEFAULT_LIMITS]: number };

/** The largest value the configuration may set; the smallest is 1 for all of them. */
export const LARGEST_LIMITS: Limits = {
  /** The platform closes the socket on a longer message (1009). */
  message_bytes: 33_554_432,
  sent_message_bytes: 33_554_432,
  /** Serializers recurse; deeper values would exhaust the stack. */
  depth: 1_000,
  subscriptions_per_session: 1_000_000,
  registrations_per_session: 1_000_000,
  pending_calls_per_session: 1_000_000,
  testaments_per_session: 10_000,
  /** Testaments of a session are one row of storage, which holds 2 MB; a character has at most three bytes. */
  testament_bytes: 600_000,
  /** One record is stored as a whole. */
  session_bytes: 67_108_864,
  realm_bytes: 4_294_967_296,
  /** The most sockets per object; the platform throws on one more. */
  sessions: 32_768,
  handshakes: 32_768,
  hello_timeout: 600_000,
  goodbye_timeout: 600_000,
  failed_logins: 1_000_000,
  failed_logins_window: 86_400_000,
  /** The platform lets an object sleep 10 s after its last event; a pending authorizer call would be lost. */
  authorizer_timeout: 9_000,
  undecided_bytes: 67_108_864,
  /** Half of the isolate's memory. */
  outgoing_bytes: 67_108_864,
  /** For workerd on a dedicated machine, where the isolate's limit of 128 MB does not apply. */
  realm_outgoing_bytes: 4_294_967_296,
};

/** Largest call timeout of the configuration, in milliseconds: a year. A deadline has to remain a valid date. */
export const LONGEST_TIMEOUT = 31_536_000_000;

/** The option `call_timeout` of a realm; times in milliseconds. */
export interface CallTimeoutRules {
  /** For a CALL without `timeout`. */
  readonly default?: number;
  /** Upper bound for every call. */
  readonly maximum?: number;
  /**
   * Whether callees with the feature `call_timeout` run the timer; if absent, each REGISTER says (`forward_timeout`).
   */
  readonly forward?: boolean;
}
