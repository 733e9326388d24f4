/** Calls that the router itself works on: they end as all calls do, by cancel, timeout and the end of the caller. */

import type { Permission } from "../authorization/permission-rules.ts";
import type { Call } from "../protocol/message.ts";
import type { Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { formerCallee, formerRegistration } from "./call-records.ts";
import type { DealerTables } from "./dealer-record.ts";
import { openInvocation } from "./invocation.ts";

const PERMISSION: Permission = { allow: true, disclose: undefined };

/**
 * Opens a call of a procedure without a registration; `callee` answers it with `Dealer.yield` or `Dealer.error`, and
 * gets INTERRUPT. Returns INVOCATION.Request. The session is in no table: if the object sleeps, the call is restored
 * without its callee, and fails.
 */
export function openOwnCall(caller: Session, message: Call, callee: Session, { pending }: DealerTables): Id {
  const registration = formerRegistration(callee.id, message[3]);
  // A default timeout of the realm would end a call that has nothing to say for a while.
  const invocation = openInvocation(caller, message, PERMISSION, registration, formerCallee(callee), {});
  callee.lastInvocation = invocation.request;
  pending.add(invocation);
  pending.startTimeout(invocation);
  caller.transport.save();
  return invocation.request;
}
