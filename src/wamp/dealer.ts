/** The dealer: takes registrations and carries each call to a callee and its answer back. */

import type { Permission } from "./authorization.ts";
import { Deadlines } from "./deadlines.ts";
import { NO_DETAILS } from "./disclosure.ts";
import { ProtocolViolation, WampError, WampUri } from "./errors.ts";
import type { Host, SendFault } from "./host.ts";
import { nextId } from "./id.ts";
import type { CallRecord, Invocation } from "./invocation.ts";
import {
  abandon,
  goneCallee,
  goneRegistration,
  interrupt,
  openInvocation,
  sendInvocation,
  wokenInvocation,
} from "./invocation.ts";
import { chooseCallee } from "./invocation-policy.ts";
import type { Limits } from "./limits.ts";
import type { Call, Cancel, Dict, ErrorMessage, Id, Register, Unregister, Uri, Yield } from "./message.ts";
import { MessageType } from "./message.ts";
import type { MetaEvents } from "./meta/events.ts";
import { registered, unregistered } from "./meta/registration.ts";
import { carriedDetails, isCarried } from "./passthru.ts";
import { Payload } from "./payload.ts";
import type { InvocationPolicy, Registration } from "./registration.ts";
import { calleeOf, Registrations } from "./registration.ts";
import type { Session } from "./session.ts";
import type { Match } from "./uri.ts";

export class Dealer {
  readonly registrations = new Registrations();
  readonly #host: Host;
  readonly #limits: Limits;
  readonly #metaEvents: MetaEvents;
  readonly #timeouts = new Deadlines<Invocation>();

  constructor(host: Host, limits: Limits, metaEvents: MetaEvents) {
    this.#host = host;
    this.#limits = limits;
    this.#metaEvents = metaEvents;
  }

  register(session: Session, [, request, options, procedure]: Register): void {
    const match = (options.match ?? "exact") as Match;
    const policy = (options.invoke ?? "single") as InvocationPolicy;
    const known = this.registrations.get(match, procedure);
    if (known !== undefined && (policy === "single" || policy !== known.policy)) {
      throw new WampError(WampUri.PROCEDURE_ALREADY_EXISTS);
    }
    // The same session once more: one entry, the same id (D-27).
    if (known !== undefined && session.registrations.has(known.id)) {
      session.transport.send([MessageType.REGISTERED, request, known.id]);
      return;
    }
    this.#checkLimit(session.registrations.size, this.#limits.registrations_per_session, "hold", "registrations");
    const { registrations } = this;
    const registration =
      known ?? registrations.create(this.#host.randomId(), match, procedure, policy, this.#host.now());
    registrations.join(registration, session, options);
    session.transport.save();
    session.transport.send([MessageType.REGISTERED, request, registration.id]);
    registered(this.#metaEvents, session, registration);
  }

  /** Invocations in flight go on: their answers still reach the callers. */
  unregister(session: Session, [, request, registrationId]: Unregister): void {
    const registration = session.registrations.get(registrationId);
    if (registration === undefined) throw new WampError(WampUri.NO_SUCH_REGISTRATION);
    this.registrations.part(registration, session);
    session.transport.save();
    session.transport.send([MessageType.UNREGISTERED, request]);
    unregistered(this.#metaEvents, session, registration);
  }

  /** Takes a registration away from a session, and tells one that knows the message (Registration Revocation). */
  revoke(registration: Registration, session: Session, reason?: string): void {
    this.registrations.part(registration, session);
    session.transport.save();
    if (session.has("callee.registration_revocation")) {
      const details = { registration: registration.id, ...(reason !== undefined && { reason }) };
      session.transport.send([MessageType.UNREGISTERED, 0, details]);
    }
    unregistered(this.#metaEvents, session, registration);
  }

  /** Opens a call, or carries the next chunk of one (Progressive Call Invocations). */
  call(caller: Session, message: Call, permission: Permission): void {
    const [, request, , procedure, payload] = message;
    const open = caller.calls.get(request);
    if (open !== undefined) return this.#continue(open, message);
    const registration = this.registrations.best(procedure);
    if (registration === undefined) throw new WampError(WampUri.NO_SUCH_PROCEDURE);
    this.#checkLimit(caller.calls.size, this.#limits.pending_calls_per_session, "wait for", "calls");
    const callee = chooseCallee(registration, this.#host);
    if (callee === undefined) throw new WampError(WampUri.MAX_CONCURRENCY_REACHED);
    const invocationRequest = nextId(callee.session.lastInvocation);
    const invocation = openInvocation(caller, message, registration, callee, invocationRequest, permission);
    const fault = this.#invoke(invocation, payload);
    if (fault !== undefined) throw new WampError(fault);
  }

  /** Forwards an answer; a progressive one only to a caller who asked (D-25). */
  yield(session: Session, [, request, options, payload]: Yield): void {
    const isProgress = options.progress === true;
    const invocation = session.invocations.get(request);
    if (invocation === undefined) return late(session, request, isProgress);
    if (isProgress && !invocation.receivesProgress) return;
    const details = isCarried(options)
      ? { ...(isProgress && PROGRESS), ...carriedDetails(options, session, "callee", payload) }
      : isProgress
        ? PROGRESS
        : NO_DETAILS;
    if (isProgress) this.#startTimeout(invocation);
    else this.#end(invocation);
    const { caller, callRequest } = invocation;
    if (caller.transport.send([MessageType.RESULT, callRequest, details, payload]) !== "too large") return;
    if (isProgress) {
      interrupt(invocation, "killnowait");
      this.#end(invocation);
    }
    fail(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  /** Forwards a callee's error as the error of the CALL. */
  error(session: Session, [, , request, details, uri, payload]: ErrorMessage): void {
    const invocation = session.invocations.get(request);
    if (invocation === undefined) return late(session, request, false);
    if (uri === WampUri.UNAVAILABLE && invocation.reroute !== undefined) return this.#reroute(invocation);
    // Details of a callee's ERROR stay behind, except those a feature defines (CALL-06).
    const outDetails = isCarried(details) ? carriedDetails(details, session, "callee", payload) : NO_DETAILS;
    this.#end(invocation);
    if (fail(invocation, uri, payload, outDetails) !== "too large") return;
    fail(invocation, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  /** Cancels a call; for one that is unknown or over nothing happens (Call Canceling). */
  cancel(caller: Session, [, request, options]: Cancel): void {
    const invocation = caller.calls.get(request);
    if (invocation === undefined) return;
    // Where the callee cannot be interrupted every mode acts as skip.
    const mode = invocation.callee.session.has("callee.call_canceling") ? (options.mode ?? "killnowait") : "skip";
    if (mode !== "skip" && !invocation.isKilled) interrupt(invocation, mode as "kill" | "killnowait");
    if (mode === "kill") {
      invocation.isKilled = true;
      caller.transport.save();
      return;
    }
    this.#end(invocation);
    fail(invocation, WampUri.CANCELED);
  }

  /** Ends the calls that waited too long at `now`, milliseconds since the epoch (Call Timeouts). */
  tick(now: number): void {
    for (const invocation of this.#timeouts.takeExpired(now)) {
      interrupt(invocation, "killnowait");
      this.#end(invocation);
      fail(invocation, WampUri.TIMEOUT);
    }
  }

  /** When the next call times out, if any can; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#timeouts.next();
  }

  /** The session is gone: its callees may stop, its callers hear of it, its registrations end. */
  leave(session: Session): void {
    for (const invocation of session.calls.values()) {
      if (invocation.callee.session !== session) abandon(invocation);
      this.#end(invocation);
    }
    for (const invocation of session.invocations.values()) {
      this.#end(invocation);
      fail(invocation, WampUri.CANCELED, CALLEE_GONE);
    }
    for (const registration of session.registrations.values()) {
      this.registrations.part(registration, session);
      unregistered(this.#metaEvents, session, registration, session);
    }
  }

  /** Puts back the calls a session that slept still waits for; every session must be awake by now. */
  wakeCalls(caller: Session, records: readonly CallRecord[], sessions: ReadonlyMap<Id, Session>): void {
    for (const record of records) {
      const [callRequest, calleeId, , registrationId, procedure] = record;
      const session = sessions.get(calleeId);
      if (session === undefined) {
        caller.transport.save();
        fail({ caller, callRequest }, WampUri.CANCELED, CALLEE_GONE);
        continue;
      }
      const registration = this.registrations.byId(registrationId) ?? goneRegistration(registrationId, procedure);
      const callee = calleeOf(registration, session) ?? goneCallee(session);
      this.#track(wokenInvocation(caller, record, registration, callee));
    }
  }

  /** Sends a new invocation; one that cannot be sent leaves no trace, and the answer is the error for its caller. */
  #invoke(invocation: Invocation, payload: Payload): Uri | undefined {
    const { caller, callee, request } = invocation;
    const { lastInvocation } = callee.session;
    callee.session.lastInvocation = request;
    this.#track(invocation);
    this.#startTimeout(invocation);
    caller.transport.save();
    callee.session.transport.save();
    const fault = sendInvocation(invocation, payload);
    if (fault === undefined) return undefined;
    this.#end(invocation);
    callee.session.lastInvocation = lastInvocation;
    return fault === "too large" ? WampUri.PAYLOAD_SIZE_EXCEEDED : WampUri.NETWORK_FAILURE;
  }

  #continue(invocation: Invocation, [, , options, procedure, payload]: Call): void {
    if (!invocation.isInputOpen) throw new ProtocolViolation("CALL: request id of a call that is still open");
    if (procedure !== invocation.procedure) return;
    invocation.isInputOpen = options.progress === true;
    invocation.caller.transport.save();
    sendInvocation(invocation, payload);
  }

  /** The callee declined: another one gets the call, the caller notices nothing (Call Rerouting). */
  #reroute(declined: Invocation): void {
    const { payload, tried } = declined.reroute!;
    tried.add(declined.callee.session);
    this.#end(declined);
    const callee = chooseCallee(declined.registration, this.#host, tried);
    if (callee === undefined) {
      fail(declined, WampUri.NO_AVAILABLE_CALLEE);
      return;
    }
    const request = nextId(callee.session.lastInvocation);
    const reroute = callee.session.has("callee.call_reroute") ? declined.reroute : undefined;
    const fault = this.#invoke({ ...declined, callee, request, reroute }, payload);
    if (fault !== undefined) fail(declined, fault);
  }

  #track(invocation: Invocation): void {
    invocation.caller.calls.set(invocation.callRequest, invocation);
    invocation.callee.session.invocations.set(invocation.request, invocation);
    invocation.callee.running++;
    if (invocation.deadline > 0) this.#timeouts.set(invocation, invocation.deadline);
  }

  #end(invocation: Invocation): void {
    invocation.caller.calls.delete(invocation.callRequest);
    invocation.callee.session.invocations.delete(invocation.request);
    invocation.callee.running--;
    if (invocation.deadline > 0) this.#timeouts.delete(invocation);
    invocation.caller.transport.save();
  }

  /** Starts the dealer's wait for the next answer, anew with each progressive one. */
  #startTimeout(invocation: Invocation): void {
    if (invocation.timeoutMs === 0) return;
    invocation.deadline = this.#host.now() + invocation.timeoutMs;
    this.#timeouts.set(invocation, invocation.deadline);
    this.#host.wakeAt(invocation.deadline);
    invocation.caller.transport.save();
  }

  #checkLimit(count: number, limit: number, verb: string, what: string): void {
    if (count >= limit) throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may ${verb} ${limit} ${what}`);
  }
}

const PROGRESS: Dict = { progress: true };
const CALLEE_GONE = Payload.of(["the callee's session ended"]);
const TOO_LARGE = Payload.of(["the answer is too large for the caller's connection"]);

/** The error of a CALL, to its caller. */
function fail(
  { caller, callRequest }: Pick<Invocation, "caller" | "callRequest">,
  uri: Uri,
  payload: Payload = Payload.NONE,
  details: Dict = NO_DETAILS,
): SendFault | undefined {
  return caller.transport.send([MessageType.ERROR, MessageType.CALL, callRequest, details, uri, payload]);
}

/**
 * An answer to a call that is over is legal and dropped; one to a call never sent is not (D-23). A callee that goes on
 * with progress although its caller is gone is told once more to stop (LEAVE-04).
 */
function late(callee: Session, request: Id, isProgress: boolean): void {
  if (request > callee.lastInvocation) throw new ProtocolViolation("no invocation was sent with this request id");
  if (!callee.abandoned.delete(request)) return;
  callee.transport.save();
  if (isProgress) callee.transport.send([MessageType.INTERRUPT, request, { mode: "killnowait" }]);
}
