/** Calls that wait for a callee below its `concurrency` (Crossbar.io's `concurrency` and `call-queue`). */

import type { Permission } from "../authorization/permission-rules.ts";
import type { CallTimeoutRules } from "../config/limits.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { Clock, Random } from "../host/host.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { type Call, MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import { disclosedDetails } from "../session/disclosure.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import { waitingBytes } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { SessionTable } from "../session/session-table.ts";
import { argsOf, canceledArgs, noSuchProcedureText, sendCallError, timeoutArgs } from "./call-results.ts";
import { partitionKey, timeoutOf } from "./invocation.ts";
import { candidatesOf, chooseCallee, type Exclusion } from "./invocation-policy.ts";
import type { Callee, Registration, Registrations } from "./registrations.ts";
import { isOvertaking, type WaitingCall, type WaitingRecord, waitingRecord } from "./waiting-call.ts";

/** How many calls may wait for the callees of one registration, for the procedures that match. */
export interface QueueLimit {
  readonly uri: Uri;
  readonly match: Match;
  readonly limit: number;
}

/** Sends a call that need not wait any longer to its callee. */
export type Dispatch = (call: WaitingCall, callee: Callee) => void;

/**
 * First in, first out for each registration. Across registrations no call overtakes an earlier one of the same caller
 * on the way to the same callee (ORD-03).
 */
export class CallQueue {
  readonly #registrations: Registrations;
  readonly #host: Clock & Random;
  readonly #records: RecordBudget;
  readonly #dispatch: Dispatch;
  /** procedure → calls that may wait for one registration */
  readonly #limits = new PatternMap<number>();
  /** caller → CALL.Request → its waiting call, oldest first */
  readonly #byCaller = new SessionTable<WaitingCall>();
  /** registration → its waiting calls, oldest first */
  readonly #waiting = new Map<Registration, Set<WaitingCall>>();
  readonly #timeouts = new Deadlines<WaitingCall>();
  /** Registrations whose calls may have become ready. */
  readonly #due = new Set<Registration>();
  #isServing = false;
  #lastOrder = 0;

  constructor(
    limits: readonly QueueLimit[],
    registrations: Registrations,
    host: Clock & Random,
    records: RecordBudget,
    dispatch: Dispatch,
  ) {
    this.#registrations = registrations;
    this.#records = records;
    for (const { uri, match, limit } of limits) this.#limits.set(match, uri, limit);
    this.#host = host;
    this.#dispatch = dispatch;
  }

  /** True if no call waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Waiting calls of all sessions; takes time in proportion to the sessions. */
  count(): number {
    return this.#byCaller.count();
  }

  /** CALL.Request → the waiting call of `caller`, oldest first. */
  callsOf(caller: Session): ReadonlyMap<Id, WaitingCall> {
    return this.#byCaller.of(caller);
  }

  /** The caller's waiting calls for its stored record; undefined where none waits. */
  recordsOf(caller: Session): WaitingRecord[] | undefined {
    const calls = this.callsOf(caller);
    return calls.size === 0 ? undefined : Array.from(calls.values(), waitingRecord);
  }

  /**
   * The callee for a call, or undefined if the call has to wait: one below its `concurrency`, for which no earlier call
   * of the caller waits. `key` is that of a partitioned call, `call` the call itself if it waits already.
   */
  choose(
    caller: Session,
    key: string | undefined,
    registration: Registration,
    call?: WaitingCall,
    random: Random = this.#host,
  ): Callee | undefined {
    // Most registrations have one callee, which no policy has to choose.
    if (this.isEmpty && registration.policy === "single" && key === undefined) return soleCallee(registration);
    return chooseCallee(registration, random, key, this.#exclusionFor(caller, call));
  }

  /** The callees among which `choose` chooses for a new call. */
  candidates(caller: Session, key: string | undefined, registration: Registration): readonly Callee[] {
    return candidatesOf(registration, key, this.#exclusionFor(caller, undefined));
  }

  /** How many calls wait for the callees of a registration. */
  waitingFor(registration: Registration): number {
    return this.#waiting.get(registration)?.size ?? 0;
  }

  /**
   * A new call for `add`. Throws max_concurrency_reached if the configuration has no queue or the queue is full, and for
   * a call with progressive input, whose chunks would pile up. A call that waits only for an earlier one needs no queue.
   */
  newCall(
    caller: Session,
    message: Call,
    key: string | undefined,
    permission: Permission,
    registration: Registration,
    timeouts: CallTimeoutRules,
  ): WaitingCall {
    const [, , options, procedure] = message;
    // A call that must not disclose its caller is refused now, not after it has waited.
    disclosedDetails("caller", caller, options, permission.disclose);
    const hasFreeCallee = candidatesOf(registration, key, undefined).length > 0;
    if (options.progress === true || !(hasFreeCallee || this.#hasRoom(registration, procedure))) {
      throw new WampError(
        WampUri.MAX_CONCURRENCY_REACHED,
        `every callee of ${procedure} is at its concurrency, and no more calls wait`,
      );
    }
    this.#records.check(caller, waitingBytes(message));
    const timeoutMs = timeoutOf(options, timeouts);
    const deadline = timeoutMs === 0 ? 0 : this.#host.now() + timeoutMs;
    return { caller, message, key, permission, registration, order: this.#lastOrder + 1, deadline };
  }

  /** Lets a new call wait. */
  add(call: WaitingCall): void {
    this.#lastOrder = call.order;
    this.#enter(call);
    call.caller.transport.save();
  }

  /** Sends waiting calls to callees that can take them, after a change of `registration`. */
  serve(registration?: Registration): void {
    if (this.isEmpty) return;
    if (registration !== undefined) this.#due.add(registration);
    // A call that ends at once calls `serve` again; the loop below then takes what it added to `#due`.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const due of this.#due) {
        this.#due.delete(due);
        for (let ready = this.#takeReady(due); ready; ready = this.#takeReady(due)) this.#dispatch(...ready);
      }
    } finally {
      this.#isServing = false;
    }
  }

  /**
   * Callees were added or removed. Calls of a registration without callees move to the one that a CALL would find now.
   */
  recheck(registration: Registration): void {
    const calls = [...(this.#waiting.get(registration) ?? [])];
    if (registration.callees.length === 0) this.#reassign(calls);
    // Later calls of their callers may have waited for a callee to which these calls cannot go any more.
    for (const { caller } of calls) this.#markDue(caller);
    this.serve();
  }

  /** Cancels a waiting call; ignores other requests (Call Canceling). */
  cancel(caller: Session, request: Id): void {
    const call = this.#byCaller.get(caller, request);
    if (call === undefined) return;
    this.#fail(call, WampUri.CANCELED, canceledArgs(call.message[3]));
    this.serve();
  }

  /** See `replaceSession`. */
  replace(former: Session, next: Session): void {
    for (const call of this.callsOf(former).values()) {
      call.caller = next;
      this.#byCaller.set(next, call.message[1], call);
      this.#records.transfer(former, next, waitingBytes(call.message));
    }
    this.#byCaller.leave(former);
  }

  /** Removes the calls of a caller that has ended. */
  leave(caller: Session): void {
    for (const call of this.callsOf(caller).values()) this.#remove(call);
    this.#byCaller.leave(caller);
  }

  /** Fails the calls whose deadline is over at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const call of this.#timeouts.takeExpired(now)) this.#fail(call, WampUri.TIMEOUT, timeoutArgs(call.message[3]));
    this.serve();
  }

  /** The earliest deadline, if there is one; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#timeouts.next();
  }

  /** Restores the calls in the records of callers; registrations and pending calls have been restored before. */
  restore(
    callers: readonly (readonly [Session, { readonly waitingCalls?: readonly WaitingRecord[] | undefined }])[],
  ): void {
    const records = callers.flatMap(([caller, { waitingCalls = [] }]) =>
      waitingCalls.map((record) => [caller, record] as const),
    );
    for (const [caller, record] of records.sort(([, a], [, b]) => a.order - b.order)) {
      this.#lastOrder = record.order;
      this.#restoreCall(caller, record);
    }
    this.serve();
  }

  #restoreCall(caller: Session, record: WaitingRecord): void {
    const { callRequest, options, procedure, payload, permission, order, deadline } = record;
    const registration = this.#registrations.byId(record.registration) ?? this.#registrations.best(procedure);
    if (registration === undefined) {
      sendCallError(caller, callRequest, WampUri.NO_SUCH_PROCEDURE, argsOf(noSuchProcedureText(procedure)));
      caller.transport.save();
      return;
    }
    const message: Call = [MessageType.CALL, callRequest, options, procedure, payload];
    const key = partitionKey(options);
    this.#enter({ caller, message, key, permission, registration, order, deadline });
    this.#due.add(registration);
  }

  #enter(call: WaitingCall): void {
    this.#byCaller.set(call.caller, call.message[1], call);
    this.#records.addCall(call.caller, waitingBytes(call.message));
    this.#callsFor(call.registration).add(call);
    if (call.deadline === 0) return;
    this.#timeouts.set(call, call.deadline);
    this.#host.setAlarm(call.deadline);
  }

  #callsFor(registration: Registration): Set<WaitingCall> {
    let calls = this.#waiting.get(registration);
    if (calls === undefined) {
      calls = new Set();
      this.#waiting.set(registration, calls);
    }
    return calls;
  }

  #hasRoom(registration: Registration, procedure: Uri): boolean {
    return this.waitingFor(registration) < (this.#limits.best(procedure) ?? 0);
  }

  /** Excludes the callees on the way to which `call`, or a new one, would overtake an earlier call of its caller. */
  #exclusionFor(caller: Session, call: WaitingCall | undefined): Exclusion | undefined {
    const waiting = this.isEmpty ? undefined : this.callsOf(caller);
    if (waiting === undefined || waiting.size === 0) return undefined;
    return ({ session }) => isOvertaking(session, waiting.values(), call);
  }

  #fail(call: WaitingCall, uri: Uri, payload: Payload): void {
    this.#remove(call);
    this.#markDue(call.caller);
    sendCallError(call.caller, call.message[1], uri, payload);
  }

  #reassign(calls: readonly WaitingCall[]): void {
    const registrations = new Set<Registration>();
    for (const call of calls) {
      const registration = this.#registrations.best(call.message[3]);
      if (registration === undefined)
        this.#fail(call, WampUri.NO_SUCH_PROCEDURE, argsOf(noSuchProcedureText(call.message[3])));
      else {
        this.#unlist(call);
        call.registration = registration;
        call.caller.transport.save();
        this.#callsFor(registration).add(call);
        registrations.add(registration);
      }
    }
    // Calls that waited there already may be younger.
    for (const registration of registrations) {
      this.#waiting.set(registration, new Set([...this.#callsFor(registration)].sort((a, b) => a.order - b.order)));
    }
  }

  #remove(call: WaitingCall): void {
    this.#byCaller.delete(call.caller, call.message[1]);
    this.#records.removeCall(call.caller, waitingBytes(call.message));
    call.caller.transport.save();
    this.#timeouts.delete(call);
    this.#unlist(call);
  }

  #unlist(call: WaitingCall): void {
    const calls = this.#waiting.get(call.registration)!;
    calls.delete(call);
    if (calls.size === 0) this.#waiting.delete(call.registration);
  }

  /** The caller's other calls may have waited for a call that is gone. */
  #markDue(caller: Session): void {
    for (const { registration } of this.callsOf(caller).values()) this.#due.add(registration);
  }

  /** Removes and returns the oldest call that a callee can take now. */
  #takeReady(registration: Registration): [WaitingCall, Callee] | undefined {
    if (!registration.callees.some(({ running, concurrency }) => running < concurrency)) return undefined;
    for (const call of this.#waiting.get(registration) ?? []) {
      const callee = this.choose(call.caller, call.key, registration, call);
      if (callee === undefined) continue;
      this.#remove(call);
      this.#markDue(call.caller);
      return [call, callee];
    }
    return undefined;
  }
}

/** The callee of a registration that is not shared, unless it is at its `concurrency`. */
function soleCallee({ callees: [callee] }: Registration): Callee | undefined {
  return callee !== undefined && callee.running < callee.concurrency ? callee : undefined;
}
