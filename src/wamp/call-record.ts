/** Calls on their way, as the record of a sleeping caller keeps them. */

import type { Permission } from "./authorization.ts";
import type { Invocation } from "./invocation.ts";
import type { Dict, Id, Uri } from "./message.ts";
import { MessageType } from "./message.ts";
import type { Callee, Registration } from "./registration.ts";
import { NO_TURNS } from "./registration.ts";
import type { Reroute } from "./reroute.ts";
import type { Session } from "./session.ts";
import type { StoredPayload } from "./stored-payload.ts";
import { restorePayload, storePayload } from "./stored-payload.ts";

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
  reroute?: RerouteRecord,
];

type RerouteRecord = readonly [options: Dict, payload: StoredPayload, permission: Permission, tried: readonly Id[]];

export function callRecord(invocation: Invocation): CallRecord {
  const { callRequest, callee, request, registration, procedure, details, reroute } = invocation;
  const { receivesProgress, timeoutMs, deadline, isInputOpen, isKilled } = invocation;
  const ids = [callRequest, callee.session.id, request, registration.id] as const;
  const record = [...ids, procedure, details, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled] as const;
  return reroute === undefined ? record : [...record, rerouteRecord(reroute)];
}

/** A call from the record of a caller that slept; of the sessions it knew, those in `sessions` are still there. */
export function wokenInvocation(
  caller: Session,
  record: CallRecord,
  registration: Registration,
  callee: Callee,
  sessions: ReadonlyMap<Id, Session>,
): Invocation {
  const [callRequest, , request, , procedure, details, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled] =
    record;
  const parties = { caller, callee, registration, callRequest, request, procedure, details };
  const reroute = record[11] === undefined ? undefined : wokenReroute(record[11], callRequest, procedure, sessions);
  return { ...parties, receivesProgress, timeoutMs, deadline, isInputOpen, isKilled, reroute };
}

/** The registration of a call whose callee unregistered while it ran; it is in no table. */
export function goneRegistration(id: Id, procedure: Uri): Registration {
  return { id, procedure, match: "exact", policy: "single", created: 0, callees: [], ...NO_TURNS };
}

/** A callee that is in no registration any more but still owes an answer. */
export function goneCallee(session: Session): Callee {
  const options = { disclosesCaller: false, forwardsTimeout: false, concurrency: Number.POSITIVE_INFINITY };
  return { session, order: 0, ...options, running: 0 };
}

function rerouteRecord({ message, permission, tried }: Reroute): RerouteRecord {
  const [, , options, , payload] = message;
  return [options, storePayload(payload), permission, tried.map(({ id }) => id)];
}

function wokenReroute(
  [options, payload, permission, tried]: RerouteRecord,
  callRequest: Id,
  procedure: Uri,
  sessions: ReadonlyMap<Id, Session>,
): Reroute {
  return {
    message: [MessageType.CALL, callRequest, options, procedure, restorePayload(payload)],
    permission,
    tried: tried.flatMap((id) => sessions.get(id) ?? []),
  };
}
