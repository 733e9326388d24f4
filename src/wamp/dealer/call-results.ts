/** How answers reach those who wait for them, and what becomes of those that nobody waits for. */

import type { SendFault } from "../host/transport.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isPassthru } from "../protocol/payload-passthru.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { Invocation } from "./invocation.ts";
import type { RememberedRequests } from "./remembered-requests.ts";

/** Ends a call with an error. */
export function sendCallError(
  caller: Session,
  callRequest: Id,
  uri: Uri,
  payload: Payload = Payload.NONE,
  details: Dict = NO_DETAILS,
): SendFault | undefined {
  return caller.transport.send([MessageType.ERROR, MessageType.CALL, callRequest, details, uri, payload]);
}

/** Can the caller take an answer with these options or details (PPT-08)? */
export function canReceive(caller: Session, details: Dict): boolean {
  return !isPassthru(details) || caller.has("caller.payload_passthru_mode");
}

/** Tells a callee that its YIELD does not reach the caller. The request type is that of YIELD, which no other ERROR has (D-38). */
export function sendYieldError({ callee, request }: Invocation, uri: Uri): void {
  callee.session.transport.send([MessageType.ERROR, MessageType.YIELD, request, NO_DETAILS, uri, NOT_PASSED_THROUGH]);
}

/**
 * An answer to a call that is over is legal and dropped; one to a call never sent is not (D-23). A callee that goes on
 * with progress because it was not told that the call is over is told once (LEAVE-04).
 */
export function dropLateResult(callee: Session, request: Id, isProgress: boolean, abandoned: RememberedRequests): void {
  if (request > callee.lastInvocation) throw new ProtocolViolation("no invocation was sent with this request id");
  if (abandoned.delete(callee, request) && isProgress)
    callee.transport.send([MessageType.INTERRUPT, request, { mode: "killnowait" }]);
}

/** What a caller is told beside the URI of an error of the router's own: a sentence that names the procedure. */
export function words(text: string): Payload {
  return Payload.of([text]);
}

/** Words for a call that was canceled, by its caller or in its queue. */
export const canceledWords = (procedure: Uri): Payload => words(`the call of ${procedure} was canceled`);

/** Words for a call that ran out of time. */
export const timeoutWords = (procedure: Uri): Payload => words(`the call of ${procedure} took too long`);

/** The sentence for a call of a procedure that no callee has. */
export const noSuchProcedure = (procedure: Uri): string => `no callee is registered for procedure ${procedure}`;

/** The sentence for a call that its callee cannot serve. */
export const notServed = (procedure: Uri): string =>
  `the callee of ${procedure} does not support what the call asks for`;

/** The sentence for an invocation that could not be sent, by its error. */
export function unsent(uri: Uri, procedure: Uri): string {
  return uri === WampUri.PAYLOAD_SIZE_EXCEEDED
    ? `the call is too large for the connection of the callee of ${procedure}`
    : `the callee of ${procedure} cannot be reached`;
}

/** An answer in payload passthru mode for a caller that did not announce it. */
export const NOT_PASSED_THROUGH = words("the caller did not announce payload_passthru_mode, which the answer uses");

export const CALLEE_GONE = Payload.of(["the callee's session ended"]);
export const TOO_LARGE = Payload.of(["the answer is too large for the caller's connection"]);
