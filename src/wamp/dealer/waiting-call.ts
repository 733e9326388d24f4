/** A call without a callee yet, and the order in which a caller's calls get theirs. */

import type { Permission } from "../authorization/permission-rules.ts";
import { ownerOf } from "../matching/rendezvous.ts";
import type { Call } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { payloadField } from "../stored-records/stored-payload.ts";
import { field, record, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import { storedPermission } from "./call-records.ts";
import type { Registration } from "./registrations.ts";

/** A call that waits for a callee. */
export interface WaitingCall {
  /** None yet, unlike an `Invocation`. */
  readonly callee?: undefined;
  caller: Session;
  readonly message: Call;
  readonly permission: Permission;
  /** Position among all calls of the realm that had to wait. */
  readonly order: number;
  /** The key of a partitioned call (Sharded Registration). */
  readonly key: string | undefined;
  /** When the dealer fails the call; milliseconds since the epoch, 0 for never. */
  readonly deadline: number;
  /** The registration whose callees it waits for. */
  registration: Registration;
}

/** A waiting call, in the stored record of its caller. */
export interface WaitingRecord extends Pick<WaitingCall, "permission" | "order" | "deadline"> {
  readonly callRequest: Id;
  readonly options: Dict;
  readonly procedure: Uri;
  readonly payload: Payload;
  readonly registration: Id;
}

/** The codec of `WaitingRecord`. */
export const storedWaitingCall = record<WaitingRecord>({
  callRequest: field("c", is.id),
  options: is.details("o"),
  procedure: field("u", is.text),
  payload: payloadField("p"),
  permission: field("a", storedPermission),
  registration: field("i", is.id),
  order: field("n", is.count),
  deadline: usually("l", is.number, 0),
});

/** The record of a waiting call, for that of its caller. */
export function waitingRecord({ message, permission, registration, order, deadline }: WaitingCall): WaitingRecord {
  const [, callRequest, options, procedure, payload] = message;
  return { callRequest, options, procedure, payload, permission, registration: registration.id, order, deadline };
}

/**
 * Would `call`, or a new call if it is undefined, overtake an earlier call of its caller that may still go to this
 * callee? `waiting` are the caller's waiting calls, oldest first (ORD-03).
 */
export function isOvertaking(callee: Session, waiting: Iterable<WaitingCall>, call: WaitingCall | undefined): boolean {
  for (const earlier of waiting) {
    if (earlier === call) return false;
    if (mayGoTo(callee, earlier)) return true;
  }
  return false;
}

function mayGoTo(callee: Session, { registration, key }: WaitingCall): boolean {
  if (key !== undefined) return ownerOf(key, registration.callees)?.session === callee;
  return registration.callees.some(({ session }) => session === callee);
}
