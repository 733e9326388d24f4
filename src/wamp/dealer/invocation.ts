/** A pending call: from the CALL that opens it to its final RESULT or ERROR. */

import type { Permission } from "../authorization/permission-rules.ts";
import { type CallTimeoutRules, LONGEST_TIMEOUT } from "../config/limits.ts";
import type { SendFault } from "../host/transport.ts";
import { NOT_MEASURED } from "../monitoring/call-latency.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { nextId } from "../protocol/id.ts";
import { type Call, MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isOpaque, isPassthru, opaqueDetails } from "../protocol/payload-passthru.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { disclosedDetails } from "../session/disclosure.ts";
import type { Session } from "../session/session.ts";
import type { Callee, Registration } from "./registrations.ts";

/** A call that has a callee. */
export interface Invocation {
  caller: Session;
  /** The caller's CALL.Request. */
  readonly callRequest: Id;
  readonly procedure: Uri;
  readonly registration: Registration;
  callee: Callee;
  /** INVOCATION.Request, of the callee's own sequence. */
  request: Id;
  /** INVOCATION.Details without `progress`: the same for every chunk of the call (Progressive Call Invocations). */
  readonly details: Dict;
  /** Did the caller ask for progressive results? */
  readonly receivesProgress: boolean;
  /** Milliseconds the dealer waits for the next result; 0 for no limit. */
  readonly timeoutMs: number;
  /** When the dealer fails the call; milliseconds since the epoch, 0 for never. */
  deadline: number;
  /** Do more CALL chunks follow? */
  isInputOpen: boolean;
  /** Did the caller cancel with mode `kill`, so that it waits for the callee's result? */
  isKilled: boolean;
  /** See `CallLatency.start`. */
  startedAt: number;
  /** Bytes that `RecordBudget` counts for the call while it is pending. */
  recordBytes: number;
  /** Set while another callee may get the call (Call Rerouting). */
  reroute: Reroute | undefined;
}

/** What the dealer needs to send a call to another callee after one has declined it (Call Rerouting). */
export interface Reroute {
  readonly message: Call;
  readonly permission: Permission;
  /** The sessions that declined so far. */
  readonly tried: readonly Session[];
}

/**
 * Throws ProtocolViolation for a CALL with progress or passthru from a caller that did not announce it, whatever
 * procedure it calls (PINV-02, PPT-05).
 */
export function checkCall(caller: Session, [, , options, , payload]: Call): void {
  if (options.progress === true && !caller.has("caller.progressive_call_invocations")) {
    throw new ProtocolViolation("CALL: progress from a caller that did not announce progressive_call_invocations");
  }
  if (isPassthru(options)) opaqueDetails(options, caller, "caller", payload);
}

/** Did the callee announce the features that these options of CALL need (PINV-03, PPT-07)? */
export function canServe(callee: Session, options: Dict): boolean {
  if (options.progress === true && !canTakeChunks(callee)) return false;
  return !isPassthru(options) || callee.has("callee.payload_passthru_mode");
}

/** The key of a partitioned call, undefined for any other. Throws invalid_argument where the key is missing. */
export function partitionKey(options: Dict): string | undefined {
  if (options.runmode !== "partition") return undefined;
  if (typeof options.rkey === "string") return options.rkey;
  throw new WampError(WampUri.INVALID_ARGUMENT, "runmode partition needs an rkey");
}

/** Milliseconds until the next result of a CALL with these options is overdue; 0 for never. */
export function timeoutOf(options: Dict, rules: CallTimeoutRules): number {
  // parse() has checked the type: a number, or null or undefined for absent; 0 means no timeout.
  const asked = (options.timeout ?? 0) as number;
  const wanted = asked === 0 ? (rules.default ?? rules.maximum ?? 0) : asked;
  return Math.min(wanted, rules.maximum ?? LONGEST_TIMEOUT);
}

/**
 * A new invocation of a CALL. Throws option_disallowed.disclose_me if the permission forbids what the caller asks for.
 */
export function openInvocation(
  caller: Session,
  message: Call,
  permission: Permission,
  registration: Registration,
  callee: Callee,
  timeouts: CallTimeoutRules,
): Invocation {
  const [, callRequest, options, procedure] = message;
  const isInputOpen = options.progress === true;
  const timeoutMs = timeoutOf(options, timeouts);
  // A local caller must not wait for longer because a callee forgets to answer.
  const isForwarded = timeoutMs > 0 && !caller.isLocal && isTimeoutForwarded(callee, timeouts);
  const forwardedMs = isForwarded ? timeoutMs : 0;
  // Another callee would miss the chunks that were already sent (RRT-08).
  const canReroute = !isInputOpen && callee.session.has("callee.call_reroute");
  return {
    caller,
    callRequest,
    procedure,
    registration,
    callee,
    request: nextId(callee.session.lastInvocation),
    details: invocationDetails(caller, message, permission, registration, callee, forwardedMs),
    receivesProgress: options.receive_progress === true,
    timeoutMs: forwardedMs > 0 ? 0 : timeoutMs,
    deadline: 0,
    isInputOpen,
    isKilled: false,
    startedAt: NOT_MEASURED,
    recordBytes: 0,
    reroute: canReroute ? { message, permission, tried: [] } : undefined,
  };
}

/** Sends the invocation, or the next chunk of its input. Returns the error for the caller if it could not be sent. */
export function sendInvocation(invocation: Invocation, payload: Payload): Uri | undefined {
  const { callee, request, registration, details, isInputOpen } = invocation;
  const chunkDetails = isInputOpen ? { ...details, progress: true } : details;
  const { transport } = callee.session;
  const fault = transport.send([MessageType.INVOCATION, request, registration.id, chunkDetails, payload]);
  return fault === undefined ? undefined : FAULT_ERROR[fault];
}

/** Sends INTERRUPT to a callee that announced call_canceling and has not got one yet (Call Canceling). */
export function interrupt({ callee, request, isKilled }: Invocation, mode: "kill" | "killnowait"): void {
  if (isKilled || !callee.session.has("callee.call_canceling")) return;
  callee.session.transport.send([MessageType.INTERRUPT, request, { mode }]);
}

/** Does the callee enforce the timeout, so that the dealer runs no timer? */
function isTimeoutForwarded(callee: Callee, rules: CallTimeoutRules): boolean {
  return (rules.forward ?? callee.forwardsTimeout) && callee.session.has("callee.call_timeout");
}

/** Why an INVOCATION was not sent → the error of its call. */
export const FAULT_ERROR: { readonly [fault in SendFault]: Uri } = {
  closed: WampUri.NETWORK_FAILURE,
  "too large": WampUri.PAYLOAD_SIZE_EXCEEDED,
  busy: WampUri.UNAVAILABLE,
};

/** INVOCATION.Details: of CALL.Options only what a feature defines is forwarded. */
function invocationDetails(
  caller: Session,
  [, , options, procedure, payload]: Call,
  { disclose, trustlevel }: Permission,
  { match }: Registration,
  callee: Callee,
  forwardedMs: number,
): Dict {
  const disclosed = disclosedDetails("caller", caller, options, disclose, callee.disclosesCaller);
  const asksProgress = options.receive_progress === true && callee.session.has("callee.progressive_call_results");
  const carriesPayload = isOpaque(options);
  const hasTrustlevel = trustlevel !== undefined;
  if (match === "exact" && !asksProgress && !carriesPayload && !hasTrustlevel && forwardedMs === 0) return disclosed;
  return {
    ...disclosed,
    ...(hasTrustlevel && { trustlevel }),
    ...(match !== "exact" && { procedure }),
    ...(asksProgress && { receive_progress: true }),
    ...(forwardedMs > 0 && { timeout: forwardedMs }),
    ...(carriesPayload && opaqueDetails(options, caller, "caller", payload)),
  };
}

/** A callee without call_canceling counts as one without progressive invocations (FEAT-05). */
function canTakeChunks(callee: Session): boolean {
  return callee.has("callee.progressive_call_invocations") && callee.has("callee.call_canceling");
}
