/** Ends calls at the core of which something was lost on its way between the objects. */

import { argsOf } from "../../dealer/call-results.ts";
import type { Dealer } from "../../dealer/dealer.ts";
import type { Invocation } from "../../dealer/invocation.ts";
import { type ErrorMessage, MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";

/** Returns the ERROR of a request. */
export function errorOf(type: MessageType, request: Id, uri: Uri, text: string): ErrorMessage {
  return [MessageType.ERROR, type, request, NO_DETAILS, uri, argsOf(text)];
}

/** Cancels a call for its caller, if it is still open; its callee is interrupted. */
export function cancelCall(dealer: Dealer, caller: Session, request: Id): void {
  dealer.cancel(caller, [MessageType.CANCEL, request, { mode: "killnowait" }]);
}

/** Fails the call of an invocation. The callee may work on it, so that no other one is tried, or go on with progress. */
export function failInvocation(dealer: Dealer, invocation: Invocation, uri: Uri, text: string): void {
  const { callee, request } = invocation;
  const { session } = callee;
  invocation.reroute = undefined;
  if (session.has("callee.call_canceling")) dealer.tables.pending.abandoned.add(session, request);
  dealer.error(session, errorOf(MessageType.INVOCATION, request, uri, text));
}
