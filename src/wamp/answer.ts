/** How answers reach those who wait for them, and what becomes of those that nobody waits for. */

import { NO_DETAILS } from "./disclosure.ts";
import { ProtocolViolation } from "./errors.ts";
import type { SendFault } from "./host.ts";
import type { Invocation } from "./invocation.ts";
import type { Dict, Id, Uri } from "./message.ts";
import { MessageType } from "./message.ts";
import { isPassthru } from "./passthru.ts";
import { Payload } from "./payload.ts";
import type { Session } from "./session.ts";

/** Ends a call with an error. */
export function failCall(
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
export function refuseYield({ callee, request }: Invocation, uri: Uri): void {
  callee.session.transport.send([MessageType.ERROR, MessageType.YIELD, request, NO_DETAILS, uri, Payload.NONE]);
}

/**
 * An answer to a call that is over is legal and dropped; one to a call never sent is not (D-23). A callee that goes on
 * with progress because it was not told that the call is over is told once (LEAVE-04).
 */
export function late(callee: Session, request: Id, isProgress: boolean): void {
  if (request > callee.lastInvocation) throw new ProtocolViolation("no invocation was sent with this request id");
  if (callee.abandoned.size === 0 || !callee.abandoned.delete(request)) return;
  callee.transport.save();
  if (isProgress) callee.transport.send([MessageType.INTERRUPT, request, { mode: "killnowait" }]);
}

export const CALLEE_GONE = Payload.of(["the callee's session ended"]);
export const TOO_LARGE = Payload.of(["the answer is too large for the caller's connection"]);
