/** A call on its way: from the CALL that opens it to its one final answer. */

import type { Permission } from "../authorization/rules.ts";
import type { CallTimeoutRules } from "../config/limits.ts";
import type { SendFault } from "../host/transport.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { nextId } from "../protocol/id.ts";
import { type Call, MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isOpaque, isPassthru, opaqueDetails } from "../protocol/payload-passthru.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { disclosedDetails } from "../session/disclosure.ts";
import type { Session } from "../session/session.ts";
import { isTimeoutForwarded, timeoutOf } from "./call-timeout.ts";
import type { Callee, Registration } from "./registrations.ts";

export interface Invocation {
  readonly caller: Session;
  /** The caller's CALL.Request. */
  readonly callRequest: Id;
  readonly procedure: Uri;
  readonly registration: Registration;
  callee: Callee;
  /** INVOCATION.Request, of the callee's own sequence. */
  readonly request: Id;
  /** INVOCATION.Details without `progress`: the same for every chunk of the call (Progressive Call Invocations). */
  readonly details: Dict;
  /** The caller asked for progressive results. */
  readonly receivesProgress: boolean;
  /** Milliseconds the dealer waits for the next answer; 0 for no limit. */
  readonly timeoutMs: number;
  /** When the dealer gives up; milliseconds since the epoch, 0 for never. */
  deadline: number;
  /** More CALL chunks follow. */
  isInputOpen: boolean;
  /** The caller canceled with mode `kill` and waits for the callee's answer. */
  isKilled: boolean;
  /** Bytes of the caller's record, as long as the call is pending; see `RecordBudget`. */
  recordBytes: number;
  /** Kept while another callee may have to be tried (Call Rerouting). */
  reroute: Reroute | undefined;
}

/** What trying another callee with a call takes; the caller gets one answer whatever callees decline (Call Rerouting). */
export interface Reroute {
  readonly message: Call;
  readonly permission: Permission;
  /** The sessions that declined so far. */
  readonly tried: readonly Session[];
}

/**
 * Refuses what breaks the protocol whatever is called: chunks or passthru from a caller that did not announce them
 * (PINV-02, PPT-05).
 */
export function checkCall(caller: Session, [, , options, , payload]: Call): void {
  if (options.progress === true && !caller.has("caller.progressive_call_invocations")) {
    throw new ProtocolViolation("CALL: progress from a caller that did not announce progressive_call_invocations");
  }
  if (isPassthru(options)) opaqueDetails(options, caller, "caller", payload);
}

/** Can the callee take a CALL with these options (PINV-03, PPT-07)? */
export function canServe(callee: Session, options: Dict): boolean {
  if (options.progress === true && !canTakeChunks(callee)) return false;
  return !isPassthru(options) || callee.has("callee.payload_passthru_mode");
}

/** A new invocation from a CALL. Throws option_disallowed.disclose_me where the permission does not allow the wish. */
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
  // What was already sent of a call's input would be lost to another callee (RRT-08).
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
    recordBytes: 0,
    reroute: canReroute ? { message, permission, tried: [] } : undefined,
  };
}

/** Sends the invocation, or the next chunk of its input; the answer is the error for its caller if that cannot be. */
export function sendInvocation(invocation: Invocation, payload: Payload): Uri | undefined {
  const { callee, request, registration, details, isInputOpen } = invocation;
  const chunkDetails = isInputOpen ? { ...details, progress: true } : details;
  const { transport } = callee.session;
  const fault = transport.send([MessageType.INVOCATION, request, registration.id, chunkDetails, payload]);
  return fault === undefined ? undefined : FAULT_ERROR[fault];
}

/** Tells the callee to stop, if it announced that it can and has not been told yet (Call Canceling). */
export function interrupt({ callee, request, isKilled }: Invocation, mode: "kill" | "killnowait"): void {
  if (isKilled || !callee.session.has("callee.call_canceling")) return;
  callee.session.transport.send([MessageType.INTERRUPT, request, { mode }]);
}

const FAULT_ERROR: { readonly [fault in SendFault]: Uri } = {
  closed: WampUri.NETWORK_FAILURE,
  "too large": WampUri.PAYLOAD_SIZE_EXCEEDED,
};

/** Of the CALL's options only what a feature defines reaches the callee. */
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

/** A callee that cannot be interrupted counts as one without progressive invocations (FEAT-05). */
function canTakeChunks(callee: Session): boolean {
  return callee.has("callee.progressive_call_invocations") && callee.has("callee.call_canceling");
}
