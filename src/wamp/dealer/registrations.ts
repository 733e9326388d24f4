/** Registrations: one per (procedure or pattern, match policy), with the callees that share it. */

import { PatternMap } from "../matching/pattern-map.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { type RecordBudget, shareBytes } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { SessionTable } from "../session/session-table.ts";
import { field, oneOf, optional, record, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";

/** How a callee is chosen among several (Shared Registration: invocation policies). */
export type InvocationPolicy = "single" | "roundrobin" | "random" | "first" | "last";

/** A procedure or pattern, with its callees. */
export interface Registration {
  readonly id: Id;
  readonly procedure: Uri;
  readonly match: Match;
  readonly policy: InvocationPolicy;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** In order of registration. */
  readonly callees: Callee[];
  /** `order` of the callee that got the last call. */
  lastOrder: number;
  /** How often `lastOrder` was set. After a sleep the record with the most turns has the latest `lastOrder`. */
  turns: number;
}

/** One session's part in a registration, with the options it registered with. */
export interface Callee {
  /** Another one of the same client where the session moves (`replaceSession`). */
  session: Session;
  /** Grows with each REGISTER of the realm. */
  readonly order: number;
  readonly disclosesCaller: boolean;
  readonly forwardsTimeout: boolean;
  /** Most invocations at once; `Infinity` without a limit. */
  readonly concurrency: number;
  /** Invocations running. */
  running: number;
  /** The request of the REGISTER that has made it; only of a relay's session. */
  request?: Id | undefined;
}

/** Learns which sessions are callees. */
export interface RegistrationObserver {
  /** A session became a callee, as the first one or beside others, and has got REGISTERED. */
  onRegister(session: Session, registration: Registration): void;
  /**
   * A session is no callee any more; with the last one the registration is gone. `leaving` is the same session where it
   * ends and nothing is sent to it.
   */
  onUnregister(session: Session, registration: Registration, wasLast: boolean, leaving?: Session): void;
}

/** A registration, and the session's part in it, in the session's stored record. */
export type RegistrationRecord = Omit<Registration, "callees"> & Omit<Callee, "session" | "running">;

/** The codec of `RegistrationRecord`. */
export const storedRegistration = record<RegistrationRecord>({
  id: field("i", is.id),
  match: usually("m", is.match, "exact"),
  procedure: field("u", is.text),
  policy: usually("p", oneOf<InvocationPolicy>("single", "roundrobin", "random", "first", "last"), "single"),
  created: field("c", is.number),
  order: field("o", is.count),
  disclosesCaller: usually("d", is.flag, false),
  forwardsTimeout: usually("f", is.flag, false),
  concurrency: usually("n", is.count, Number.POSITIVE_INFINITY),
  turns: usually("t", is.count, 0),
  lastOrder: usually("l", is.count, 0),
  request: optional("r", is.count),
});

/** The turn of a registration whose callees have got no call yet. */
export const NO_TURNS = { lastOrder: 0, turns: 0 } as const;

/** The dealer's table of registrations. A registration exists as long as it has a callee. */
export class Registrations {
  /** (match, procedure) → registration */
  readonly #byProcedure = new PatternMap<Registration>();
  /** registration id → registration */
  readonly #byId = new Map<Id, Registration>();
  readonly #bySession = new SessionTable<Registration>();
  readonly #records: RecordBudget;
  readonly #onCreate: () => void;
  #lastOrder = 0;

  /** Calls `onCreate` after each new registration. */
  constructor(records: RecordBudget, onCreate: () => void = () => {}) {
    this.#records = records;
    this.#onCreate = onCreate;
  }

  /** Registrations in all. */
  get size(): number {
    return this.#byId.size;
  }

  /** The registration of exactly this pattern under this match policy. */
  get(match: Match, procedure: Uri): Registration | undefined {
    return this.#byProcedure.get(match, procedure);
  }

  /** All registrations, in the order of their creation. */
  values(): Iterable<Registration> {
    return this.#byId.values();
  }

  /** Registration id → registration, of those that a session holds. */
  heldBy(session: Session): ReadonlyMap<Id, Registration> {
    return this.#bySession.of(session);
  }

  /** The registration with this id. */
  byId(registrationId: Id): Registration | undefined {
    return this.#byId.get(registrationId);
  }

  /** The one a CALL goes to: exact, else the longest prefix, else the best wildcard (Pattern-based Registrations). */
  best(procedure: Uri): Registration | undefined {
    return this.#byProcedure.best(procedure);
  }

  /** The registrations that match a procedure; the first one is `best`. */
  matching(procedure: Uri): Registration[] {
    return this.#byProcedure.matching(procedure);
  }

  /** Adds a registration without a callee; `created` in milliseconds since the epoch. */
  create(id: Id, match: Match, procedure: Uri, policy: InvocationPolicy, created: number): Registration {
    const registration: Registration = { id, match, procedure, policy, created, callees: [], ...NO_TURNS };
    this.#byProcedure.set(match, procedure, registration);
    this.#records.addEntry(match, procedure);
    this.#byId.set(id, registration);
    this.#onCreate();
    return registration;
  }

  /** Adds a session as the last callee; `options` are those of REGISTER. */
  addCallee(registration: Registration, session: Session, options: Dict): Callee {
    // A record holds no larger integer.
    const isBound = Number.isSafeInteger(options.concurrency);
    const concurrency = isBound ? (options.concurrency as number) : Number.POSITIVE_INFINITY;
    const callee: Callee = {
      session,
      order: ++this.#lastOrder,
      disclosesCaller: options.disclose_caller === true,
      forwardsTimeout: options.forward_timeout === true,
      concurrency,
      running: 0,
    };
    this.#add(registration, callee);
    return callee;
  }

  /** Removes a callee, and with the last one the registration. */
  removeCallee(registration: Registration, session: Session): void {
    this.#bySession.delete(session, registration.id);
    this.#records.removeShare(session, registration.procedure);
    const index = registration.callees.findIndex((callee) => callee.session === session);
    const [callee] = registration.callees.splice(index, 1);
    if (registration.callees.length > 0) return keepTurn(registration, callee!);
    this.#byProcedure.delete(registration.match, registration.procedure);
    this.#records.removeEntry(registration.match, registration.procedure);
    this.#byId.delete(registration.id);
  }

  /** See `replaceSession`. */
  replace(former: Session, next: Session): void {
    for (const registration of this.heldBy(former).values()) {
      calleeOf(registration, former)!.session = next;
      this.#bySession.set(next, registration.id, registration);
      this.#records.transfer(former, next, shareBytes(registration.procedure));
    }
    this.leave(former);
  }

  /** Drops the table of a session that has ended, and that is no callee any more. */
  leave(session: Session): void {
    this.#bySession.leave(session);
  }

  /** The registrations of a session for its stored record. */
  recordsOf(session: Session): RegistrationRecord[] {
    return Array.from(this.heldBy(session).values(), (registration) => registrationRecord(registration, session));
  }

  /** Restores the registrations in the record of a session. */
  restore(session: Session, records: readonly RegistrationRecord[]): void {
    for (const record of records) {
      const { id, match, procedure, policy, created, turns, lastOrder } = record;
      const { order, disclosesCaller, forwardsTimeout, concurrency, request } = record;
      const registration = this.#byId.get(id) ?? this.create(id, match, procedure, policy, created);
      this.#lastOrder = Math.max(this.#lastOrder, order, lastOrder);
      this.#add(registration, { session, order, disclosesCaller, forwardsTimeout, concurrency, running: 0, request });
      if (turns > registration.turns) Object.assign(registration, { turns, lastOrder });
    }
  }

  #add(registration: Registration, callee: Callee): void {
    const { callees } = registration;
    callees.push(callee);
    // Sessions are restored in any order.
    if (callees.length > 1 && callees[callees.length - 2]!.order > callee.order) callees.sort(byOrder);
    this.#bySession.set(callee.session, registration.id, registration);
    this.#records.addShare(callee.session, registration.procedure);
  }
}

function registrationRecord(registration: Registration, session: Session): RegistrationRecord {
  const { id, match, procedure, policy, created, turns, lastOrder } = registration;
  const { order, disclosesCaller, forwardsTimeout, concurrency, request } = calleeOf(registration, session)!;
  const options = { disclosesCaller, forwardsTimeout, concurrency, request };
  return { id, match, procedure, policy, created, order, ...options, turns, lastOrder };
}

/** The session's part in a registration, if it is a callee. */
export function calleeOf(registration: Registration, session: Session): Callee | undefined {
  return registration.callees.find((callee) => callee.session === session);
}

function byOrder(a: Callee, b: Callee): number {
  return a.order - b.order;
}

/**
 * Only the record of the callee that got the last call has the current turn: when it leaves, another one has to save
 * it.
 */
function keepTurn(registration: Registration, { order }: Callee): void {
  if (order !== registration.lastOrder) return;
  registration.turns++;
  registration.callees[0]!.session.transport.save();
}
