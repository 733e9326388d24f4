/** Errors that end calls, and results that come too late. */

import type { SendFault } from "../host/transport.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isPassthru } from "../protocol/payload-passthru.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { RememberedRequests } from "../session/session-table.ts";
import type { Invocation } from "./invocation.ts";

/** Sends ERROR for a CALL. Returns why it could not be sent, if so. */
export function sendCallError(
  caller: Session,
  callRequest: Id,
  uri: Uri,
  payload: Payload = Payload.NONE,
  details: Dict = NO_DETAILS,
): SendFault | undefined {
  return caller.transport.send([MessageType.ERROR, MessageType.CALL, callRequest, details, uri, payload]);
}

/** `sendCallError` for a call that got a callee. */
export function sendError(
  { caller, callRequest }: Invocation,
  uri: Uri,
  payload?: Payload,
  details?: Dict,
): SendFault | undefined {
  return sendCallError(caller, callRequest, uri, payload, details);
}

/** May the caller get a result with these options or details (PPT-08)? */
export function canReceive(caller: Session, details: Dict): boolean {
  return !isPassthru(details) || caller.has("caller.payload_passthru_mode");
}

/** Tells a callee that its YIELD does not reach the caller. No other ERROR has the request type of YIELD. */
export function sendYieldError({ callee, request }: Invocation, uri: Uri): void {
  callee.session.transport.send([MessageType.ERROR, MessageType.YIELD, request, NO_DETAILS, uri, NOT_PASSED_THROUGH]);
}

/**
 * Drops a result of a call that is over; throws ProtocolViolation if the callee never got such an invocation. A callee
 * that goes on sending progress because it was not told that the call is over (it is in `abandoned`) is told once
 * (LEAVE-04).
 */
export function dropLateResult(callee: Session, request: Id, isProgress: boolean, abandoned: RememberedRequests): void {
  if (request > callee.lastInvocation) throw new ProtocolViolation("no invocation was sent with this request id");
  if (abandoned.delete(callee, request) && isProgress)
    callee.transport.send([MessageType.INTERRUPT, request, { mode: "killnowait" }]);
}

/** The Arguments of an error of the router itself: one sentence, which names the procedure. */
export function argsOf(text: string): Payload {
  return Payload.of([text]);
}

/** For a call that was canceled. */
export const canceledArgs = (procedure: Uri): Payload => argsOf(`the call of ${procedure} was canceled`);

/** For a call that ran out of time. */
export const timeoutArgs = (procedure: Uri): Payload => argsOf(`the call of ${procedure} took too long`);

/** For a call of a procedure without a registration. */
export const noSuchProcedureText = (procedure: Uri): string => `no callee is registered for procedure ${procedure}`;

/** For a call that uses a feature which its callee did not announce. */
export const notServedText = (procedure: Uri): string =>
  `the callee of ${procedure} does not support what the call asks for`;

/** For an invocation that could not be sent; `uri` is its error. */
export function unsentText(uri: Uri, procedure: Uri): string {
  return uri === WampUri.PAYLOAD_SIZE_EXCEEDED
    ? `the call is too large for the connection of the callee of ${procedure}`
    : `the callee of ${procedure} cannot be reached`;
}

/** For a result in payload passthru mode whose caller did not announce it. */
export const NOT_PASSED_THROUGH = argsOf("the caller did not announce payload_passthru_mode, which the answer uses");

/** For a call whose callee left the realm. */
export const CALLEE_GONE = Payload.of(["the callee's session ended"]);
/** For a result that does not fit into a message to the caller. */
export const TOO_LARGE = Payload.of(["the answer is too large for the caller's connection"]);
