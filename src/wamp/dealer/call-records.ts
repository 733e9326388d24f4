/** Pending calls in the stored record of their caller. */

import type { Permission } from "../authorization/permission-rules.ts";
import { NOT_MEASURED } from "../monitoring/call-latency.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { payloadField } from "../stored-records/stored-payload.ts";
import { field, optional, record, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { Invocation, Reroute } from "./invocation.ts";
import type { Callee, Registration } from "./registrations.ts";
import { NO_TURNS } from "./registrations.ts";

/** A pending call, in the record of its caller. */
export interface CallRecord
  extends Pick<
    Invocation,
    "callRequest" | "request" | "procedure" | "details" | "receivesProgress" | "timeoutMs" | "deadline"
  > {
  /** The callee's session id. */
  readonly callee: Id;
  /** Registration id. */
  readonly registration: Id;
  readonly isInputOpen: boolean;
  readonly isKilled: boolean;
  readonly reroute?: RerouteRecord | undefined;
}

/** A `Reroute` in the record of a call. */
interface RerouteRecord {
  readonly options: Dict;
  readonly payload: Payload;
  readonly permission: Permission;
  /** Session ids. */
  readonly tried: readonly Id[];
}

/** The permission of a call that may be sent to a callee, or another one, after the sleep. */
export const storedPermission = record<Permission>({
  allow: usually("a", is.flag, true),
  disclose: optional("d", is.flag),
  isGrantable: optional("g", is.flag),
  trustlevel: optional("t", is.number),
});

/** A call in the stored record of its caller. */
export const storedCall = record<CallRecord>({
  callRequest: field("c", is.id),
  callee: field("e", is.id),
  request: field("q", is.id),
  registration: field("i", is.id),
  procedure: field("u", is.text),
  details: is.details("d"),
  receivesProgress: usually("p", is.flag, false),
  timeoutMs: usually("t", is.count, 0),
  deadline: usually("l", is.number, 0),
  isInputOpen: usually("o", is.flag, false),
  isKilled: usually("k", is.flag, false),
  reroute: optional(
    "r",
    record<RerouteRecord>({
      options: is.details("o"),
      payload: payloadField("p"),
      permission: field("a", storedPermission),
      tried: is.several("t", is.id),
    }),
  ),
});

/** The record of a pending call as it is now. */
export function callRecord(invocation: Invocation): CallRecord {
  const { callRequest, callee, request, registration, procedure, details, reroute } = invocation;
  const { receivesProgress, timeoutMs, deadline, isInputOpen, isKilled } = invocation;
  return {
    ...{ callRequest, callee: callee.session.id, request, registration: registration.id, procedure, details },
    ...{ receivesProgress, timeoutMs, deadline, isInputOpen, isKilled },
    reroute: reroute && rerouteRecord(reroute),
  };
}

/** The call in a record; `sessions` are the sessions that are still there. */
export function restoredInvocation(
  caller: Session,
  record: CallRecord,
  registration: Registration,
  callee: Callee,
  sessions: ReadonlyMap<Id, Session>,
): Invocation {
  const reroute = record.reroute && restoredReroute(record.reroute, record, sessions);
  return { ...record, caller, callee, registration, startedAt: NOT_MEASURED, recordBytes: 0, reroute };
}

/** Stands for the registration of a call whose callee has unregistered meanwhile; no table has it. */
export function formerRegistration(id: Id, procedure: Uri): Registration {
  return { id, procedure, match: "exact", policy: "single", created: 0, callees: [], ...NO_TURNS };
}

/** Stands for the callee of such a call, which is in no registration but still owes a result. */
export function formerCallee(session: Session): Callee {
  const options = { disclosesCaller: false, forwardsTimeout: false, concurrency: Number.POSITIVE_INFINITY };
  return { session, order: 0, ...options, running: 0 };
}

function rerouteRecord({ message, permission, tried }: Reroute): RerouteRecord {
  const [, , options, , payload] = message;
  return { options, payload, permission, tried: tried.map(({ id }) => id) };
}

function restoredReroute(
  { options, payload, permission, tried }: RerouteRecord,
  { callRequest, procedure }: CallRecord,
  sessions: ReadonlyMap<Id, Session>,
): Reroute {
  return {
    message: [MessageType.CALL, callRequest, options, procedure, payload],
    permission,
    tried: tried.flatMap((id) => sessions.get(id) ?? []),
  };
}
