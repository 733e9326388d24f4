/** The rows of remote sessions at the core: what each says, and when it must be written anew. */

import { type DealerRecord, type DealerTables, dealerRecord } from "../../dealer/dealer-record.ts";
import type { Invocation } from "../../dealer/invocation.ts";
import type { WaitingCall } from "../../dealer/waiting-call.ts";
import { PEER } from "../../hibernation/session-record.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { write } from "../../stored-records/stored-record.ts";

/** A remote session that holds something. */
export interface RemoteSessionRow {
  readonly relay: number;
  readonly session: Id;
  /** Its record. */
  readonly text: string;
  /** REGISTERED messages that its relay may not have got: request and registration id. */
  readonly registered: readonly (readonly [request: Id, registration: Id])[];
  /** The CALL.Requests of open calls that end with a crash, though the row has had them before. */
  readonly lost: readonly Id[];
  /** The relay that the session has been sent to from `relay`, and that may have got it. */
  readonly taker: number | undefined;
}

/** One row for each remote session that holds something. */
export interface RemoteSessionStore {
  all(): Iterable<RemoteSessionRow>;
  put(row: RemoteSessionRow): void;
  /** Removes the row, if present. */
  delete(session: Id): void;
}

/** REGISTERED messages of a session on their way; the list is replaced when it changes. */
type Registered = RemoteSessionRow["registered"] | undefined;

/** What the row of a session says. */
interface Stored {
  readonly relay: number;
  /** The number of its registrations. */
  readonly registrations: number;
  /** CALL.Request → what may change of the call. */
  readonly calls: ReadonlyMap<Id, string>;
  readonly refusals: string;
  readonly registered: Registered;
  readonly taker: number | undefined;
}

/** A session, as its row is to tell of it. */
export interface RowSource {
  readonly session: Session;
  readonly relay: number;
  readonly registered: Registered;
  readonly taker: number | undefined;
  /** Would a crash lose what makes the call go on? Then its row must not have it. */
  isLeftOut(call: Invocation): boolean;
  /** Has its relay yet to be asked about calls that a crash has ended? */
  readonly hasLost: boolean;
}

/**
 * Remembers what the rows say, so that none is read or compared for a message. A call gets into the row with the second
 * flush that finds it open: most are over before, and each write of a row costs money.
 */
export class RemoteSessionRows {
  readonly #store: RemoteSessionStore;
  readonly #tables: DealerTables;
  readonly #stored = new Map<Id, Stored>();
  /**
   * Sessions whose rows would break a promise after a crash: they lack a registration, have a call that is over, or have
   * one as waiting that a callee has got, and would get again. Noted when that happens: to compare rows would cost each
   * turn as much as the session holds.
   */
  readonly #stale = new Set<Session>();
  /** The CALL.Requests that the rows lacked after the last flush, or the one that goes on. */
  #lacking = new Map<Session, ReadonlySet<Id>>();
  /** The same after the flush before. */
  #formerlyLacking: ReadonlyMap<Session, ReadonlySet<Id>> = this.#lacking;
  #hasNewCalls = false;

  constructor(store: RemoteSessionStore, tables: DealerTables) {
    this.#store = store;
    this.#tables = tables;
  }

  /** Takes over a row that was read. */
  restore({ session: id, relay, lost, taker }: RemoteSessionRow, record: DealerRecord, registered: Registered): void {
    const { registrations, abandoned, endedInputs, waitingCalls = [] } = record;
    const calls = new Map(record.calls.map((call) => [call.callRequest, stateWith(call.callee, call)]));
    for (const { callRequest } of waitingCalls) calls.set(callRequest, WAITING);
    for (const request of lost) calls.set(request, LOST);
    const refusals = refusalsOf(abandoned, endedInputs);
    this.#stored.set(id, { relay, registrations: registrations.length, calls, refusals, registered, taker });
  }

  has(id: Id): boolean {
    return this.#stored.has(id);
  }

  /** Does the row of the session have this call? */
  hasCall(id: Id, request: Id): boolean {
    return this.#stored.get(id)?.calls.has(request) === true;
  }

  /** Does the row of the caller have the call of an invocation with another callee, or as one that waits for a callee? */
  hasOtherwise(call: Invocation): boolean {
    const state = this.#stored.get(call.caller.id)?.calls.get(call.callRequest);
    return state !== undefined && state !== stateOf(call);
  }

  /** Notes that the row must be written in this turn. */
  makeStale(session: Session): void {
    this.#stale.add(session);
  }

  /** Must the row be written in this turn? A registration that has gone, without a new one, shows in the number. */
  isStale(session: Session): boolean {
    const stored = this.#stored.get(session.id)?.registrations ?? 0;
    return this.#stale.has(session) || this.#tables.registrations.heldBy(session).size !== stored;
  }

  /** Begins a flush: `save` follows for each session that has changed. */
  beginFlush(): void {
    this.#formerlyLacking = this.#lacking;
    this.#lacking = new Map();
    this.#hasNewCalls = false;
  }

  /** Has the flush found new calls, which the next one must write? */
  get hasNewCalls(): boolean {
    return this.#hasNewCalls;
  }

  /**
   * Writes the row: in a turn without calls that it does not have yet, in a flush unless it is right. Returns whether it
   * says all that the session holds.
   */
  save(source: RowSource, isFlush: boolean): boolean {
    const { session, isLeftOut, hasLost } = source;
    const { pending, queue } = this.#tables;
    const stored = this.#stored.get(session.id);
    const former = isFlush ? this.#formerlyLacking.get(session) : undefined;
    const kept = new Map([...(stored?.calls ?? [])].filter(([, state]) => hasLost && state === LOST));
    const lacking = new Set<Id>();
    let hasNewCalls = false;
    for (const [request, call] of [...pending.callsOf(session), ...queue.callsOf(session)]) {
      const isStored = stored?.calls.has(request) === true;
      const isOld = isStored || former?.has(request) === true;
      if (isOld && (call.callee === undefined || !isLeftOut(call))) kept.set(request, stateOf(call));
      else lacking.add(request);
      if (isStored && lacking.has(request)) kept.set(request, LOST);
      hasNewCalls ||= !isOld;
    }
    if (isFlush) this.#hasNewCalls ||= hasNewCalls;
    if (isFlush && lacking.size > 0) this.#lacking.set(session, lacking);
    if (!isFlush || !this.#isRight(source, stored, kept)) this.#put(source, kept);
    return lacking.size === 0;
  }

  /** Deletes the row, if there is one. */
  delete(session: Session): void {
    this.#stale.delete(session);
    if (this.#stored.delete(session.id)) this.#store.delete(session.id);
  }

  #isRight(
    { session, relay, registered, taker }: RowSource,
    stored: Stored | undefined,
    kept: Map<Id, string>,
  ): boolean {
    if (this.isStale(session)) return false;
    // The row of a session without registrations is needed for the calls that others have made to it.
    if (stored === undefined) return kept.size === 0 && this.#tables.pending.invocationsOf(session).size === 0;
    const { calls, refusals } = stored;
    if (stored.taker !== taker) return false;
    if (stored.relay !== relay || stored.registered !== registered || calls.size !== kept.size) return false;
    for (const [request, state] of kept) if (calls.get(request) !== state) return false;
    return refusals === this.#refusalsOf(session);
  }

  #put({ session, relay, registered, taker }: RowSource, kept: ReadonlyMap<Id, string>): void {
    const { id, identity, features } = session;
    const all = dealerRecord(session, this.#tables);
    const calls = all.calls.filter(({ callRequest }) => (kept.get(callRequest) ?? LOST) !== LOST);
    const waitingCalls = all.waitingCalls?.filter(({ callRequest }) => kept.has(callRequest));
    const record = { id, identity, features, subscriptions: [], ...all, calls, waitingCalls };
    this.#store.put({
      relay,
      session: id,
      text: write(PEER, { kind: "open", session: record }),
      registered: registered ?? [],
      lost: [...kept].flatMap(([request, state]) => (state === LOST ? [request] : [])),
      taker,
    });
    const refusals = this.#refusalsOf(session);
    this.#stored.set(id, { relay, registrations: all.registrations.length, calls: kept, refusals, registered, taker });
    this.#stale.delete(session);
  }

  /** Messages that the session may still send, and that are to be ignored. */
  #refusalsOf(session: Session): string {
    const { abandoned, endedInputs } = this.#tables.pending;
    return refusalsOf(abandoned.recordOf(session), endedInputs.recordOf(session));
  }
}

/** What may change of a call. */
function stateOf(call: Invocation | WaitingCall): string {
  return call.callee === undefined ? WAITING : stateWith(call.callee.session.id, call);
}

const WAITING = "";
const LOST = "lost";

type Changing = Pick<Invocation, "request" | "deadline" | "isInputOpen" | "isKilled">;

function stateWith(callee: Id, { request, deadline, isInputOpen, isKilled }: Changing): string {
  return `${callee} ${request} ${deadline} ${isInputOpen} ${isKilled}`;
}

function refusalsOf(abandoned: readonly Id[] | undefined, endedInputs: readonly Id[] | undefined): string {
  return `${abandoned ?? ""} ${endedInputs ?? ""}`;
}
