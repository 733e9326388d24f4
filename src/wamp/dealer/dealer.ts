/** The dealer: handles REGISTER, UNREGISTER, CALL, CANCEL, YIELD and a callee's ERROR. */

import type { Permission } from "../authorization/permission-rules.ts";
import type { CallTimeoutRules } from "../config/limits.ts";
import type { RealmConfig } from "../config/realm.ts";
import { earliest } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { CallLatency } from "../monitoring/call-latency.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import type { Call, Cancel, ErrorMessage, Register, Unregister, Yield } from "../protocol/message.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { checkSingleBinary, isOpaque, isPassthru, opaqueDetails } from "../protocol/payload-passthru.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { AwaitedRegistrations } from "./awaited-registrations.ts";
import { CallPlanner } from "./call-planner.ts";
import { CallQueue } from "./call-queue.ts";
import {
  argsOf,
  CALLEE_GONE,
  canceledArgs,
  canReceive,
  dropLateResult,
  NOT_PASSED_THROUGH,
  notServedText,
  sendCallError,
  sendError,
  sendYieldError,
  TOO_LARGE,
  timeoutArgs,
  unsentText,
} from "./call-results.ts";
import type { DealerTables } from "./dealer-record.ts";
import type { Invocation } from "./invocation.ts";
import { canServe, interrupt, openInvocation, partitionKey, sendInvocation } from "./invocation.ts";
import { chooseCallee } from "./invocation-policy.ts";
import { PendingCalls } from "./pending-calls.ts";
import { Registrar } from "./registrar.ts";
import type { Callee, Registration, RegistrationObserver } from "./registrations.ts";
import { Registrations } from "./registrations.ts";
import type { WaitingCall } from "./waiting-call.ts";

/** The part of a realm's configuration that the dealer reads. */
export type DealerConfig = Pick<RealmConfig, "options" | "limits" | "store">;

/** Routes each call to a callee, and the results back to the caller (Remote Procedure Calls). */
export class Dealer {
  readonly registrations: Registrations;
  /** The tables that the stored records of sessions restore. */
  readonly tables: DealerTables;
  /** Decides on new calls. */
  readonly planner: CallPlanner;
  /** Calls of the router itself that wait for their procedure to be registered. */
  readonly awaitedRegistrations: AwaitedRegistrations;
  readonly #host: Host;
  readonly #config: DealerConfig;
  readonly #timeouts: CallTimeoutRules;
  readonly #pending: PendingCalls;
  readonly #queue: CallQueue;
  readonly #registrar: Registrar;

  constructor(
    host: Host,
    config: DealerConfig,
    records: RecordBudget,
    observer: RegistrationObserver,
    latency: CallLatency,
    pending = new PendingCalls(host, records, latency),
  ) {
    this.#host = host;
    this.#config = config;
    this.awaitedRegistrations = new AwaitedRegistrations(host);
    this.registrations = new Registrations(records, () => this.awaitedRegistrations.recheck(this.registrations));
    this.#timeouts = config.options.call_timeout ?? {};
    this.#pending = pending;
    const dispatch = (call: WaitingCall, callee: Callee): void => this.#dispatch(call, callee);
    this.#queue = new CallQueue(config.store["call-queue"], this.registrations, host, records, dispatch);
    this.tables = { registrations: this.registrations, pending: this.#pending, queue: this.#queue };
    this.planner = new CallPlanner(this.tables, config.limits, this.#timeouts, records);
    this.#registrar = new Registrar(this.tables, host, config.limits, records, observer);
  }

  /** INVOCATION.Request → the call that `callee` works on. */
  invocationsOf(callee: Session): ReadonlyMap<Id, Invocation> {
    return this.#pending.invocationsOf(callee);
  }

  /** Is the call with this CALL.Request pending, or waiting for a callee? */
  isOpenCall(caller: Session, request: Id): boolean {
    return this.#pending.call(caller, request) !== undefined || this.#queue.callsOf(caller).has(request);
  }

  /** Does a CALL with this request continue the input of an earlier one (Progressive Call Invocations)? */
  isFurtherInput(caller: Session, request: Id): boolean {
    return this.isOpenCall(caller, request) || this.#pending.endedInputs.has(caller, request);
  }

  /** Drops the chunks of a refused call that are still on their way. */
  endInput(caller: Session, request: Id): void {
    this.#pending.endedInputs.add(caller, request);
  }

  /** See `Registrar.plan`. */
  planRegistration(session: Session, message: Register, permission: Permission): Registration | undefined {
    return this.#registrar.plan(session, message, permission);
  }

  /** Handles REGISTER; `permission` is the callee's for the procedure. Throws WampError. */
  register(session: Session, message: Register, permission: Permission): void {
    this.#registrar.register(session, message, permission);
  }

  /** Handles UNREGISTER; results of invocations in flight still reach their callers. Throws no_such_registration. */
  unregister(session: Session, message: Unregister): void {
    this.#registrar.unregister(session, message);
  }

  /** Removes a callee, which is told if it announced that it knows the message (Registration Revocation). */
  revoke(registration: Registration, session: Session, reason?: string): void {
    this.#registrar.revoke(registration, session, reason);
  }

  /** Opens a call; `permission` is the caller's for the procedure. Throws WampError or ProtocolViolation. */
  call(caller: Session, message: Call, permission: Permission): void {
    const call = this.planner.plan(caller, message, permission, this.#host);
    if (call.callee === undefined) return this.#queue.add(call);
    const fault = this.#invoke(call, message[4]);
    if (fault !== undefined) throw new WampError(fault, unsentText(fault, message[3]));
  }

  /** Handles the next chunk of a call's input; false if the message opens a call (Progressive Call Invocations). */
  continue(caller: Session, [, request, options, procedure, payload]: Call): boolean {
    const invocation = this.#pending.call(caller, request);
    if (invocation === undefined) return this.#isLateChunk(caller, request, options);
    if (!invocation.isInputOpen) throw new ProtocolViolation(STILL_OPEN);
    if (procedure !== invocation.procedure) {
      if (this.#config.options.request_id_check === "strict") throw new ProtocolViolation(STILL_OPEN);
      return true;
    }
    if (isPassthru(invocation.details)) checkSingleBinary(payload);
    if (options.progress !== true) {
      invocation.isInputOpen = false;
      caller.transport.save();
    }
    if (invocation.isKilled) return true;
    const fault = sendInvocation(invocation, payload);
    if (fault !== undefined) this.#abort(invocation, fault, argsOf(unsentText(fault, procedure)));
    return true;
  }

  /** Forwards a result; a progressive one only to a caller that asked for them. */
  yield(session: Session, [, request, options, payload]: Yield): void {
    const isProgress = options.progress === true;
    const invocation = this.#pending.invocation(session, request);
    if (invocation === undefined) return dropLateResult(session, request, isProgress, this.#pending.abandoned);
    if (isProgress && !invocation.receivesProgress) return;
    let details = isProgress ? PROGRESS : NO_DETAILS;
    if (isOpaque(options)) {
      details = { ...details, ...opaqueDetails(options, session, "callee", payload) };
      if (!canReceive(invocation.caller, options)) return this.#rejectResult(invocation, isProgress);
    }
    if (isProgress) this.#onProgress(invocation);
    else this.#end(invocation);
    const { caller, callRequest } = invocation;
    const fault = caller.transport.send([MessageType.RESULT, callRequest, details, payload]);
    if (fault === undefined) return;
    // A caller that missed a part must not take the rest for the whole, and its callee need not go on (PROG-10).
    if (isProgress) this.#abort(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
    else sendError(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  /** Forwards a callee's ERROR as the error of the CALL. */
  error(session: Session, [, , request, details, uri, payload]: ErrorMessage): void {
    const invocation = this.#pending.invocation(session, request);
    if (invocation === undefined) return dropLateResult(session, request, false, this.#pending.abandoned);
    if (uri === WampUri.UNAVAILABLE && invocation.reroute !== undefined) return this.#reroute(invocation);
    // Of the details of a callee's ERROR only those that a feature defines are forwarded (CALL-06).
    const outDetails = isOpaque(details) ? opaqueDetails(details, session, "callee", payload) : NO_DETAILS;
    this.#end(invocation);
    if (!canReceive(invocation.caller, details))
      sendError(invocation, WampUri.FEATURE_NOT_SUPPORTED, NOT_PASSED_THROUGH);
    else if (sendError(invocation, uri, payload, outDetails) === "too large") {
      sendError(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
    }
  }

  /** Fails the call whose YIELD or ERROR was too large to decode; the list holds the integers it begins with. */
  failTooLarge(callee: Session, [type, first, second]: readonly number[]): void {
    const request = type === MessageType.YIELD ? first : type === MessageType.ERROR ? second : undefined;
    const invocation = request === undefined ? undefined : this.#pending.invocation(callee, request);
    if (invocation === undefined) return;
    this.#pending.end(invocation);
    const text = `the answer of the callee of ${invocation.procedure} is too large for the router`;
    sendError(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, argsOf(text));
  }

  /** Cancels a call; ignores a request that is unknown or over (Call Canceling). */
  cancel(caller: Session, [, request, options]: Cancel): void {
    const invocation = this.#pending.call(caller, request);
    if (invocation === undefined) return this.#queue.cancel(caller, request);
    // Without call_canceling at the callee every mode acts as skip.
    const canInterrupt = invocation.callee.session.has("callee.call_canceling");
    const mode = canInterrupt ? (options.mode ?? "killnowait") : "skip";
    if (mode === "kill" || mode === "killnowait") interrupt(invocation, mode);
    else if (canInterrupt && invocation.receivesProgress && !invocation.isKilled) {
      this.#pending.abandoned.add(invocation.callee.session, invocation.request);
    }
    if (mode === "kill") {
      invocation.isKilled = true;
      // Whatever the callee answers ends the call: no other callee is tried.
      invocation.reroute = undefined;
      return this.#pending.stopTimeout(invocation);
    }
    this.#end(invocation);
    sendError(invocation, WampUri.CANCELED, canceledArgs(invocation.procedure));
  }

  /** Ends the calls whose deadline is over at `now`, milliseconds since the epoch (Call Timeouts). */
  tick(now: number): void {
    for (const invocation of this.#pending.takeOverdue(now)) {
      this.#abort(invocation, WampUri.TIMEOUT, timeoutArgs(invocation.procedure));
    }
    this.#queue.tick(now);
    this.awaitedRegistrations.tick(now);
  }

  /** The earliest deadline of any call, if there is one; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    const others = earliest(this.#queue.nextDeadline(), this.awaitedRegistrations.nextDeadline());
    return earliest(this.#pending.nextDeadline(), others);
  }

  /** Answers what waits in memory only: the session is parked, and outlives a crash, after which no answer would come. */
  settle(_session: Session): void {}

  /** Cleans up after a session that has ended: interrupts its callees, fails the calls it worked on, unregisters it. */
  leave(session: Session): void {
    this.#queue.leave(session);
    // Before its calls end: otherwise it would get waiting calls in their place.
    const held = this.#registrar.leave(session);
    for (const invocation of this.#pending.callsOf(session).values()) {
      if (invocation.callee.session !== session) interrupt(invocation, "killnowait");
      this.#end(invocation);
    }
    for (const invocation of this.invocationsOf(session).values()) {
      this.#pending.end(invocation);
      sendError(invocation, WampUri.CANCELED, CALLEE_GONE);
    }
    this.#pending.leave(session);
    this.#registrar.afterLeave(session, held);
  }

  /** Sends a new invocation. If it cannot be sent, its entries are removed and the error for the caller is returned. */
  #invoke(invocation: Invocation, payload: Payload): Uri | undefined {
    const { caller, callee, request, registration } = invocation;
    const { lastInvocation } = callee.session;
    callee.session.lastInvocation = request;
    // The policy of a shared registration goes on with the next callee.
    registration.lastOrder = callee.order;
    registration.turns++;
    invocation.startedAt = this.#pending.latency.start();
    this.#pending.add(invocation);
    if (invocation.deadline === 0) this.#pending.startTimeout(invocation);
    caller.transport.save();
    callee.session.transport.save();
    const fault = sendInvocation(invocation, payload);
    if (fault === undefined) return undefined;
    // The callee has not seen the id, and ids must be sequential: the next call gets it.
    callee.session.lastInvocation = lastInvocation;
    this.#end(invocation);
    return fault;
  }

  /** Sends a call that waited to its callee. */
  #dispatch(call: WaitingCall, callee: Callee): void {
    const { caller, message, permission, registration, deadline } = call;
    if (!canServe(callee.session, message[2])) {
      sendCallError(caller, message[1], WampUri.FEATURE_NOT_SUPPORTED, argsOf(notServedText(message[3])));
      return;
    }
    const invocation = openInvocation(caller, message, permission, registration, callee, this.#timeouts);
    if (invocation.timeoutMs > 0) invocation.deadline = deadline;
    const fault = this.#invoke(invocation, message[4]);
    if (fault !== undefined) sendError(invocation, fault, argsOf(unsentText(fault, message[3])));
  }

  /** Sends a call that its callee declined to another callee; the caller is told nothing (Call Rerouting). */
  #reroute(declined: Invocation): void {
    const { caller, registration, reroute } = declined;
    const { message, permission } = reroute!;
    const [, , options, , payload] = message;
    const tried = [...reroute!.tried, declined.callee.session];
    this.#end(declined);
    const others = registration.callees.filter(({ session }) => !tried.includes(session) && canServe(session, options));
    const callee = chooseCallee(registration, this.#host, partitionKey(options), undefined, others);
    if (callee === undefined) {
      sendError(declined, WampUri.NO_AVAILABLE_CALLEE, argsOf(`every callee of ${declined.procedure} is unavailable`));
      return;
    }
    const invocation = openInvocation(caller, message, permission, registration, callee, this.#timeouts);
    if (invocation.timeoutMs > 0) invocation.deadline = declined.deadline;
    if (invocation.reroute !== undefined) invocation.reroute = { message, permission, tried };
    const fault = this.#invoke(invocation, payload);
    if (fault !== undefined) sendError(declined, fault, argsOf(unsentText(fault, declined.procedure)));
  }

  /** Restarts the timeout after a progressive result; from here on no other callee can take the call (RRT-08). */
  #onProgress(invocation: Invocation): void {
    if (invocation.reroute !== undefined) {
      invocation.reroute = undefined;
      invocation.caller.transport.save();
    }
    this.#pending.startTimeout(invocation);
  }

  /** Ends a call with an error before its callee has answered. */
  #abort(invocation: Invocation, uri: Uri, payload?: Payload): void {
    interrupt(invocation, "killnowait");
    this.#end(invocation);
    sendError(invocation, uri, payload);
  }

  /** Rejects a result in passthru mode that the caller did not announce: both sides get an error (PPT-08). */
  #rejectResult(invocation: Invocation, isProgress: boolean): void {
    sendYieldError(invocation, WampUri.FEATURE_NOT_SUPPORTED);
    if (isProgress) interrupt(invocation, "killnowait");
    this.#end(invocation);
    sendError(invocation, WampUri.FEATURE_NOT_SUPPORTED, NOT_PASSED_THROUGH);
  }

  #end(invocation: Invocation): void {
    this.#pending.end(invocation);
    if (!this.#queue.isEmpty) this.#queue.serve(invocation.registration);
  }

  /** Is the CALL a chunk of a call that is over? Throws ProtocolViolation if its call still waits for a callee. */
  #isLateChunk(caller: Session, request: Id, options: Dict): boolean {
    if (this.#queue.isEmpty && this.#pending.endedInputs.isEmpty) return false;
    if (this.#queue.callsOf(caller).has(request)) throw new ProtocolViolation(STILL_OPEN);
    if (!this.#pending.endedInputs.has(caller, request)) return false;
    if (options.progress !== true) this.#pending.endedInputs.delete(caller, request);
    return true;
  }
}

const PROGRESS: Dict = { progress: true };
const STILL_OPEN = "CALL: request id of a call that is still open";
