/** Handles REGISTER and UNREGISTER, and revokes registrations. */

import type { Permission } from "../authorization/permission-rules.ts";
import type { Limits } from "../config/limits.ts";
import type { Clock, Random } from "../host/host.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Register, Unregister } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import { shareBytes } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { CallQueue } from "./call-queue.ts";
import type { DealerTables } from "./dealer-record.ts";
import type { PendingCalls } from "./pending-calls.ts";
import type { InvocationPolicy, Registration, RegistrationObserver, Registrations } from "./registrations.ts";

/** The part of the dealer that adds callees to registrations and removes them. */
export class Registrar {
  readonly #registrations: Registrations;
  readonly #queue: CallQueue;
  readonly #pending: PendingCalls;
  readonly #host: Clock & Random;
  readonly #limits: Limits;
  readonly #observer: RegistrationObserver;
  readonly #records: RecordBudget;

  constructor(
    { registrations, pending, queue }: DealerTables,
    host: Clock & Random,
    limits: Limits,
    records: RecordBudget,
    observer: RegistrationObserver,
  ) {
    this.#registrations = registrations;
    this.#queue = queue;
    this.#pending = pending;
    this.#host = host;
    this.#limits = limits;
    this.#observer = observer;
    this.#records = records;
  }

  /**
   * The registration for the same procedure and match, if there is one, which a REGISTER joins or, with
   * `force_reregister`, replaces. Throws the errors of `register`, and changes nothing.
   */
  plan(session: Session, [, , options, procedure]: Register, permission: Permission): Registration | undefined {
    if (options.disclose_caller === true && permission.disclose === false) {
      throw new WampError(WampUri.OPTION_DISALLOWED_DISCLOSE_ME, `callers of ${procedure} are not disclosed`);
    }
    const match = (options.match ?? "exact") as Match;
    const policy = (options.invoke ?? "single") as InvocationPolicy;
    const present = this.#registrations.get(match, procedure);
    const isForced = options.force_reregister === true;
    if (present !== undefined && !isForced && (policy === "single" || policy !== present.policy)) {
      throw new WampError(WampUri.PROCEDURE_ALREADY_EXISTS, `procedure ${procedure} is registered already`);
    }
    if (present === undefined || isForced || !this.#registrations.heldBy(session).has(present.id)) {
      this.#checkLimit(session, procedure);
    }
    return present;
  }

  /** See `Dealer.register`. */
  register(session: Session, message: Register, permission: Permission): void {
    const [, request, options, procedure] = message;
    const present = this.plan(session, message, permission);
    const isForced = options.force_reregister === true;
    // A session that registers again stays one callee, with the same registration id.
    if (present !== undefined && !isForced && this.#registrations.heldBy(session).has(present.id)) {
      session.transport.send([MessageType.REGISTERED, request, present.id]);
      return;
    }
    const replaced = isForced ? present : undefined;
    const former = replaced === undefined ? [] : this.#removeAll(replaced);
    const registration = (isForced ? undefined : present) ?? this.#create(session, options, procedure);
    this.#pending.rejoin(registration, this.#registrations.addCallee(registration, session, options));
    session.transport.save();
    session.transport.send([MessageType.REGISTERED, request, registration.id]);
    for (const callee of former) this.#observer.onUnregister(callee, replaced!, callee === former.at(-1));
    this.#observer.onRegister(session, registration);
    if (replaced !== undefined) this.#queue.recheck(replaced);
    this.#queue.recheck(registration);
  }

  /** See `Dealer.unregister`. */
  unregister(session: Session, [, request, registrationId]: Unregister): void {
    const registration = this.#registrations.heldBy(session).get(registrationId);
    if (registration === undefined) {
      throw new WampError(WampUri.NO_SUCH_REGISTRATION, `the session does not hold registration ${registrationId}`);
    }
    this.#registrations.removeCallee(registration, session);
    session.transport.save();
    session.transport.send([MessageType.UNREGISTERED, request]);
    this.#afterRemoval(session, registration);
  }

  /** See `Dealer.revoke`. */
  revoke(registration: Registration, session: Session, reason?: string): void {
    this.#remove(registration, session, reason);
    this.#afterRemoval(session, registration);
  }

  /** Removes a session that has ended from all its registrations, and returns them for `afterLeave`. */
  leave(session: Session): readonly Registration[] {
    const held = [...this.#registrations.heldBy(session).values()];
    for (const registration of held) this.#registrations.removeCallee(registration, session);
    this.#registrations.leave(session);
    return held;
  }

  /** Tells the observer and the queue of the registrations that `leave` returned, once the calls have ended. */
  afterLeave(session: Session, held: readonly Registration[]): void {
    for (const registration of held) this.#afterRemoval(session, registration, session);
  }

  #create(creator: Session, options: Dict, procedure: Uri): Registration {
    const match = (options.match ?? "exact") as Match;
    const policy = (options.invoke ?? "single") as InvocationPolicy;
    const id = creator.transport.idFor?.("registration", match, procedure) ?? this.#host.randomId();
    return this.#registrations.create(id, match, procedure, policy, this.#host.now());
  }

  /** Removes all callees (Crossbar.io's `force_reregister`). */
  #removeAll(registration: Registration): readonly Session[] {
    const former = registration.callees.map(({ session }) => session);
    for (const callee of former) this.#remove(registration, callee, WampUri.UNREGISTERED);
    return former;
  }

  /** Removes a callee, which is told if it announced that it knows the message (Registration Revocation). */
  #remove(registration: Registration, session: Session, reason: string | undefined): void {
    this.#registrations.removeCallee(registration, session);
    session.transport.save();
    if (!session.has("callee.registration_revocation")) return;
    const details = { registration: registration.id, ...(reason !== undefined && { reason }) };
    session.transport.send([MessageType.UNREGISTERED, 0, details]);
  }

  #afterRemoval(session: Session, registration: Registration, leaving?: Session): void {
    this.#observer.onUnregister(session, registration, registration.callees.length === 0, leaving);
    this.#queue.recheck(registration);
  }

  #checkLimit(session: Session, procedure: Uri): void {
    const limit = this.#limits.registrations_per_session;
    if (this.#registrations.heldBy(session).size < limit) return this.#records.check(session, shareBytes(procedure));
    throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may hold ${limit} registrations`);
  }
}
