/** What the stored records of sessions keep for the dealer, and how its tables are rebuilt from them. */

import { WampUri } from "../protocol/errors.ts";
import type { Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { CallQueue } from "./call-queue.ts";
import type { CallRecord } from "./call-records.ts";
import { callRecord, formerCallee, formerRegistration, restoredInvocation } from "./call-records.ts";
import { CALLEE_GONE, sendCallError } from "./call-results.ts";
import type { PendingCalls } from "./pending-calls.ts";
import type { RegistrationRecord, Registrations } from "./registrations.ts";
import { calleeOf } from "./registrations.ts";
import type { WaitingRecord } from "./waiting-call.ts";

/** The dealer's part of a session's record. */
export interface DealerRecord {
  readonly registrations: readonly RegistrationRecord[];
  readonly calls: readonly CallRecord[];
  readonly waitingCalls?: readonly WaitingRecord[] | undefined;
  /** See `PendingCalls.abandoned`. */
  readonly abandoned?: readonly Id[] | undefined;
  /** See `PendingCalls.endedInputs`. */
  readonly endedInputs?: readonly Id[] | undefined;
  /** What the session holds at the core; only on a relay. */
  readonly remote?: RemoteRecord | undefined;
}

/** The part of a session's record that a relay keeps for its remote dealer. */
export interface RemoteRecord {
  /** Calls that wait for their results. */
  readonly calls: readonly RemoteCall[];
  /** Invocations that the session works on. */
  readonly invocations: readonly RemoteInvocation[];
  /** The core's number of the last invocation, which may be over; absent before the first. */
  readonly lastKey?: Id | undefined;
  /** REGISTERs that failed at the relay and may yet succeed at the core. */
  readonly refused?: readonly Id[] | undefined;
  /** What the core has made for those that failed, and is to remove. */
  readonly undone?: readonly UndoneRegistration[] | undefined;
}

/** A registration of which the session does not know, and the request of its REGISTER. */
export interface UndoneRegistration {
  readonly request: Id;
  readonly registration: Id;
}

/** An invocation, with the number that the core has for it. */
export interface RemoteInvocation {
  readonly request: Id;
  readonly key: Id;
}

/** A call that the core works on. */
export interface RemoteCall {
  readonly request: Id;
  readonly isInputOpen: boolean;
}

/** The tables of a dealer that outlive the object's sleep. */
export interface DealerTables {
  readonly registrations: Registrations;
  readonly pending: PendingCalls;
  readonly queue: CallQueue;
  /** What sessions hold at another object; only in the dealer of a relay. */
  remote?: RemoteTable;
}

/** The calls of sessions on which another object works. */
export interface RemoteTable {
  /** Undefined where the session has none. */
  recordOf(session: Session): RemoteRecord | undefined;
  restore(session: Session, record: RemoteRecord): void;
}

/** The dealer's part of a session's record as it is now. */
export function dealerRecord(session: Session, { registrations, pending, queue, remote }: DealerTables): DealerRecord {
  return {
    registrations: registrations.recordsOf(session),
    calls: Array.from(pending.callsOf(session).values(), callRecord),
    waitingCalls: queue.recordsOf(session),
    abandoned: pending.abandoned.recordOf(session),
    endedInputs: pending.endedInputs.recordOf(session),
    remote: remote?.recordOf(session),
  };
}

/**
 * Restores what the record of a session tells, except its calls: `restoreCalls` does that when all sessions are there.
 */
export function restoreSession(session: Session, record: DealerRecord, tables: DealerTables): void {
  const { registrations, pending, remote } = tables;
  registrations.restore(session, record.registrations);
  pending.abandoned.restore(session, record.abandoned);
  pending.endedInputs.restore(session, record.endedInputs);
  if (record.remote !== undefined) remote?.restore(session, record.remote);
}

/**
 * Puts `next` in the place of `former`, a session of the same client: it has the registrations, calls and invocations from
 * now on, the last of these under the numbers that `renumber` returns.
 */
export function replaceSession(
  { registrations, pending, queue }: DealerTables,
  former: Session,
  next: Session,
  renumber: (request: Id) => Id,
): void {
  registrations.replace(former, next);
  pending.replace(former, next, renumber);
  queue.replace(former, next);
  next.transport.save();
}

/** Restores the calls of sessions that slept; calls of a callee that is not in `sessions` fail. */
export function restoreCalls(
  callers: readonly (readonly [Session, DealerRecord])[],
  sessions: ReadonlyMap<Id, Session>,
  tables: DealerTables,
): void {
  for (const [caller, { calls }] of callers) for (const record of calls) restoreCall(caller, record, sessions, tables);
  tables.queue.restore(callers);
}

function restoreCall(
  caller: Session,
  record: CallRecord,
  sessions: ReadonlyMap<Id, Session>,
  { registrations, pending }: DealerTables,
): void {
  const { callRequest, procedure, registration: registrationId } = record;
  const session = sessions.get(record.callee);
  if (session === undefined) {
    if (record.isInputOpen) pending.endedInputs.add(caller, callRequest);
    caller.transport.save();
    sendCallError(caller, callRequest, WampUri.CANCELED, CALLEE_GONE);
    return;
  }
  const registration = registrations.byId(registrationId) ?? formerRegistration(registrationId, procedure);
  const callee = calleeOf(registration, session) ?? formerCallee(session);
  pending.add(restoredInvocation(caller, record, registration, callee, sessions));
}
