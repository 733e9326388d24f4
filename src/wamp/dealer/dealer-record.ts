/** What the stored records of sessions keep for the dealer, and how its tables are rebuilt from them. */

import { WampUri } from "../protocol/errors.ts";
import type { Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { CallQueue } from "./call-queue.ts";
import type { CallRecord } from "./call-records.ts";
import { callRecord, goneCallee, goneRegistration, wokenInvocation } from "./call-records.ts";
import { CALLEE_GONE, failCall } from "./call-results.ts";
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
}

/** The tables of a dealer that outlive the object's sleep. */
export interface DealerTables {
  readonly registrations: Registrations;
  readonly pending: PendingCalls;
  readonly queue: CallQueue;
}

/** The dealer's part of a session's record as it is now. */
export function dealerRecord(session: Session, { registrations, pending, queue }: DealerTables): DealerRecord {
  return {
    registrations: registrations.recordsOf(session),
    calls: Array.from(pending.callsOf(session).values(), callRecord),
    waitingCalls: queue.recordsOf(session),
    abandoned: pending.abandoned.recordOf(session),
    endedInputs: pending.endedInputs.recordOf(session),
  };
}

/** Restores what the record of a session tells, except its calls: `wakeCalls` does that when all sessions are there. */
export function wakeSession(session: Session, record: DealerRecord, { registrations, pending }: DealerTables): void {
  registrations.wake(session, record.registrations);
  pending.abandoned.wake(session, record.abandoned);
  pending.endedInputs.wake(session, record.endedInputs);
}

/** Restores the calls of sessions that slept; calls of a callee that is not in `sessions` fail. */
export function wakeCalls(
  callers: readonly (readonly [Session, DealerRecord])[],
  sessions: ReadonlyMap<Id, Session>,
  tables: DealerTables,
): void {
  for (const [caller, { calls }] of callers) for (const record of calls) wakeCall(caller, record, sessions, tables);
  tables.queue.wake(callers);
}

function wakeCall(
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
    failCall(caller, callRequest, WampUri.CANCELED, CALLEE_GONE);
    return;
  }
  const registration = registrations.byId(registrationId) ?? goneRegistration(registrationId, procedure);
  const callee = calleeOf(registration, session) ?? goneCallee(session);
  pending.add(wokenInvocation(caller, record, registration, callee, sessions));
}
