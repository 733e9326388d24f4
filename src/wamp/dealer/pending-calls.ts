/** The pending calls of a realm and their timeouts. */

import { Deadlines } from "../host/deadlines.ts";
import type { Clock } from "../host/host.ts";
import type { CallLatency } from "../monitoring/call-latency.ts";
import type { Id } from "../protocol/values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import { callBytes, waitingBytes } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { RememberedRequests, SessionTable } from "../session/session-table.ts";
import type { Invocation } from "./invocation.ts";
import type { Callee, Registration } from "./registrations.ts";

/** A call is in the tables of its caller and of its callee; this class adds and removes both entries. */
export class PendingCalls {
  /** callee → INVOCATION.Requests of progressive calls that are over without the callee being told (LEAVE-04) */
  readonly abandoned = new RememberedRequests();
  /** caller → CALL.Requests of calls that are over while more of their input may come (Progressive Call Invocations) */
  readonly endedInputs = new RememberedRequests();
  readonly latency: CallLatency;
  readonly #host: Clock;
  readonly #records: RecordBudget;
  /** caller → CALL.Request → the call it waits for */
  readonly #byCaller = new SessionTable<Invocation>();
  /** callee → INVOCATION.Request → the call it works on */
  readonly #byCallee = new SessionTable<Invocation>();
  readonly #timeouts = new Deadlines<Invocation>();

  constructor(host: Clock, records: RecordBudget, latency: CallLatency) {
    this.latency = latency;
    this.#host = host;
    this.#records = records;
  }

  /** The call of `caller` with this CALL.Request. */
  call(caller: Session, request: Id): Invocation | undefined {
    return this.#byCaller.get(caller, request);
  }

  /** CALL.Request → the call that `caller` waits for. */
  callsOf(caller: Session): ReadonlyMap<Id, Invocation> {
    return this.#byCaller.of(caller);
  }

  /** The call that `callee` got with this INVOCATION.Request. */
  invocation(callee: Session, request: Id): Invocation | undefined {
    return this.#byCallee.get(callee, request);
  }

  /** Calls of all sessions; takes time in proportion to the sessions. */
  count(): number {
    return this.#byCaller.count();
  }

  /** INVOCATION.Request → the call that `callee` works on. */
  invocationsOf(callee: Session): ReadonlyMap<Id, Invocation> {
    return this.#byCallee.of(callee);
  }

  /** Would a crash now lose an INVOCATION of the caller's calls, which would then wait for ever if they were stored? */
  mayBeLost(_caller: Session): boolean {
    return false;
  }

  /** Adds a call; a deadline it has already goes on (Call Timeouts). */
  add(invocation: Invocation): void {
    const { caller, callRequest, callee, request, procedure, details, reroute } = invocation;
    this.#byCaller.set(caller, callRequest, invocation);
    this.#byCallee.set(callee.session, request, invocation);
    callee.running++;
    invocation.recordBytes = reroute === undefined ? callBytes(procedure, details) : waitingBytes(reroute.message);
    this.#records.addCall(caller, invocation.recordBytes);
    if (invocation.deadline === 0) return;
    // After the clock was set back a stored deadline may be too far away.
    if (invocation.timeoutMs > 0) {
      invocation.deadline = Math.min(invocation.deadline, this.#host.now() + invocation.timeoutMs);
    }
    this.#setTimeout(invocation);
  }

  /** Removes a call; chunks of its input that are still on their way are recognised by `endedInputs`. */
  end(invocation: Invocation): void {
    const { caller, callRequest, callee, request } = invocation;
    this.#byCaller.delete(caller, callRequest);
    this.#byCallee.delete(callee.session, request);
    callee.running--;
    this.latency.end(invocation.startedAt);
    this.#records.removeCall(caller, invocation.recordBytes);
    if (invocation.deadline > 0) this.#timeouts.delete(invocation);
    if (invocation.isInputOpen) this.endedInputs.add(caller, callRequest);
    caller.transport.save();
  }

  /** Counts the calls that a callee took before it unregistered and registered again for its `concurrency`. */
  rejoin(registration: Registration, callee: Callee): void {
    for (const invocation of this.invocationsOf(callee.session).values()) {
      if (invocation.registration !== registration) continue;
      invocation.callee = callee;
      callee.running++;
    }
  }

  /** See `replaceSession`. */
  replace(former: Session, next: Session, renumber: (request: Id) => Id): void {
    for (const call of this.callsOf(former).values()) {
      call.caller = next;
      this.#byCaller.set(next, call.callRequest, call);
      this.#records.transfer(former, next, call.recordBytes);
    }
    for (const call of this.invocationsOf(former).values()) {
      call.callee.session = next;
      call.request = renumber(call.request);
      this.#byCallee.set(next, call.request, call);
      call.caller.transport.save();
    }
    this.#byCaller.leave(former);
    this.#byCallee.leave(former);
  }

  /** Drops the tables of a session that has ended, and whose calls have. */
  leave(session: Session): void {
    this.#byCaller.leave(session);
    this.#byCallee.leave(session);
    this.abandoned.leave(session);
    this.endedInputs.leave(session);
  }

  /** Starts the timeout: with the call, and again with each progressive result (TMO-06). */
  startTimeout(invocation: Invocation): void {
    // A caller that canceled with mode kill waits for the callee without a limit (TMO-07).
    if (invocation.timeoutMs === 0 || invocation.isKilled) return;
    invocation.deadline = this.#host.now() + invocation.timeoutMs;
    this.#setTimeout(invocation);
    invocation.caller.transport.save();
  }

  /** The call waits without a limit from now on. */
  stopTimeout(invocation: Invocation): void {
    this.#timeouts.delete(invocation);
    invocation.deadline = 0;
    invocation.caller.transport.save();
  }

  /** Removes the timeouts that are over at `now` (milliseconds since the epoch), and returns their calls. */
  takeOverdue(now: number): Invocation[] {
    return this.#timeouts.takeExpired(now);
  }

  /** The earliest deadline, if there is one; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#timeouts.next();
  }

  #setTimeout(invocation: Invocation): void {
    this.#timeouts.set(invocation, invocation.deadline);
    this.#host.setAlarm(invocation.deadline);
  }
}
