/** A call on its way: from the CALL that opens it to its one final answer. */

import type { Permission } from "./authorization.ts";
import { disclosure } from "./disclosure.ts";
import { ProtocolViolation, WampError, WampUri } from "./errors.ts";
import type { SendFault } from "./host.ts";
import type { Call, Dict, Id, Uri } from "./message.ts";
import { MessageType } from "./message.ts";
import { carriedDetails, isCarried } from "./passthru.ts";
import type { Payload } from "./payload.ts";
import type { Callee, Registration } from "./registration.ts";
import type { Session } from "./session.ts";

export interface Invocation {
  readonly caller: Session;
  /** The caller's CALL.Request. */
  readonly callRequest: Id;
  readonly procedure: Uri;
  readonly registration: Registration;
  readonly callee: Callee;
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
  /** Kept while another callee may have to be tried (Call Rerouting). */
  reroute: Reroute | undefined;
}

export interface Reroute {
  readonly payload: Payload;
  readonly tried: Set<Session>;
}

/** What a sleeping caller's record keeps of a call it waits for. */
export type CallRecord = readonly [
  callRequest: Id,
  callee: Id,
  request: Id,
  registration: Id,
  procedure: Uri,
  details: Dict,
  receivesProgress: boolean,
  timeoutMs: number,
  deadline: number,
  isInputOpen: boolean,
  isKilled: boolean,
];

/** A new invocation from a CALL; refuses what the callee or the permission does not allow. */
export function openInvocation(
  caller: Session,
  message: Call,
  registration: Registration,
  callee: Callee,
  request: Id,
  permission: Permission,
): Invocation {
  const [, callRequest, options, procedure, payload] = message;
  const isInputOpen = options.progress === true;
  if (isInputOpen) requireProgressiveInvocations(caller, callee.session);
  const timeout = (options.timeout ?? 0) as number;
  const forwardsTimeout = timeout > 0 && callee.forwardsTimeout && callee.session.has("callee.call_timeout");
  const canReroute = !isInputOpen && callee.session.has("callee.call_reroute");
  return {
    caller,
    callRequest,
    procedure,
    registration,
    callee,
    request,
    details: invocationDetails(caller, message, registration, callee, permission, forwardsTimeout),
    receivesProgress: options.receive_progress === true,
    timeoutMs: forwardsTimeout ? 0 : timeout,
    deadline: 0,
    isInputOpen,
    isKilled: false,
    reroute: canReroute ? { payload, tried: new Set() } : undefined,
  };
}

/** Sends the invocation, or the next chunk of its input. */
export function sendInvocation(invocation: Invocation, payload: Payload): SendFault | undefined {
  const { callee, request, registration, details, isInputOpen } = invocation;
  const chunkDetails = isInputOpen ? { ...details, progress: true } : details;
  return callee.session.transport.send([MessageType.INVOCATION, request, registration.id, chunkDetails, payload]);
}

/** Tells the callee to stop, if it announced that it can (Call Canceling). */
export function interrupt({ callee, request }: Invocation, mode: "kill" | "killnowait"): void {
  if (!callee.session.has("callee.call_canceling")) return;
  callee.session.transport.send([MessageType.INTERRUPT, request, { mode }]);
}

/** The caller is gone: the callee may stop (Caller Leaving During an RPC Invocation). */
export function abandon(invocation: Invocation): void {
  interrupt(invocation, "killnowait");
  const { callee, request, receivesProgress } = invocation;
  if (!receivesProgress || !callee.session.has("callee.call_canceling")) return;
  callee.session.abandoned.add(request);
  callee.session.transport.save();
}

export function callRecord(invocation: Invocation): CallRecord {
  const { callRequest, callee, request, registration, procedure, details } = invocation;
  const { receivesProgress, timeoutMs, deadline, isInputOpen, isKilled } = invocation;
  const ids = [callRequest, callee.session.id, request, registration.id] as const;
  return [...ids, procedure, details, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled];
}

/** Of the CALL's options only what a feature defines reaches the callee. */
function invocationDetails(
  caller: Session,
  [, , options, procedure, payload]: Call,
  { match }: Registration,
  callee: Callee,
  permission: Permission,
  forwardsTimeout: boolean,
): Dict {
  const disclosed = disclosure("caller", caller, options, permission.disclose, callee.disclosesCaller);
  const asksProgress = options.receive_progress === true && callee.session.has("callee.progressive_call_results");
  const carriesPayload = isCarried(options);
  if (match === "exact" && !asksProgress && !carriesPayload && !forwardsTimeout) return disclosed;
  return {
    ...disclosed,
    ...(match !== "exact" && { procedure }),
    ...(asksProgress && { receive_progress: true }),
    ...(forwardsTimeout && { timeout: options.timeout }),
    ...(carriesPayload && carriedDetails(options, caller, "caller", payload)),
  };
}

function requireProgressiveInvocations(caller: Session, callee: Session): void {
  if (!caller.has("caller.progressive_call_invocations")) {
    throw new ProtocolViolation("CALL: progress from a caller that did not announce progressive_call_invocations");
  }
  if (!callee.has("callee.progressive_call_invocations") || !callee.has("callee.call_canceling")) {
    throw new WampError(WampUri.FEATURE_NOT_SUPPORTED);
  }
}

/** The registration of a call whose callee unregistered while it ran; it is in no table. */
export function goneRegistration(id: Id, procedure: Uri): Registration {
  return { id, procedure, match: "exact", policy: "single", created: 0, callees: [], lastOrder: 0 };
}

/** A callee that is in no registration any more but still owes an answer. */
export function goneCallee(session: Session): Callee {
  const options = { disclosesCaller: false, forwardsTimeout: false, concurrency: Number.POSITIVE_INFINITY };
  return { session, order: 0, ...options, running: 0 };
}

/** A call from the record of a caller that slept. */
export function wokenInvocation(
  caller: Session,
  record: CallRecord,
  registration: Registration,
  callee: Callee,
): Invocation {
  const [callRequest, , request, , procedure, details, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled] =
    record;
  const parties = { caller, callee, registration, callRequest, request, procedure, details };
  return { ...parties, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled, reroute: undefined };
}
