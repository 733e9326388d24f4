/** The rows of remote sessions at the core: what each says, and when it must be written anew. */

import type { CallRecord } from "../../dealer/call-records.ts";
import { type DealerRecord, type DealerTables, dealerRecord } from "../../dealer/dealer-record.ts";
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
  /** The number of its registrations. */
  readonly registrations: number;
  /** The CALL.Requests of its calls. */
  readonly calls: ReadonlySet<Id>;
  readonly registered: Registered;
}

/** Remembers what the rows say, so that none is read or compared for a message. */
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

  constructor(store: RemoteSessionStore, tables: DealerTables) {
    this.#store = store;
    this.#tables = tables;
  }

  /** Takes over a row that was read. */
  restore(id: Id, record: DealerRecord, registered: Registered): void {
    this.#stored.set(id, storedOf(record, registered));
  }

  has(id: Id): boolean {
    return this.#stored.has(id);
  }

  /** Does the row of the session have this call? */
  hasCall(id: Id, request: Id): boolean {
    return this.#stored.get(id)?.calls.has(request) === true;
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

  /** Does the row say all that the session holds? Told only of sessions without calls: these change with each message. */
  isRight(session: Session, registered: Registered): boolean {
    const stored = this.#stored.get(session.id);
    if (stored === undefined || stored.calls.size > 0 || stored.registered !== registered) return false;
    if (this.isStale(session)) return false;
    const { pending, queue } = this.#tables;
    return pending.callsOf(session).size + queue.callsOf(session).size === 0 && !this.#hasRefusals(session);
  }

  /** Writes the row, without calls of which `isLeftOut` is true. */
  write(session: Session, relay: number, registered: Registered, isLeftOut: (call: CallRecord) => boolean): void {
    const { id, identity, features } = session;
    const all = dealerRecord(session, this.#tables);
    const dealers = { ...all, calls: all.calls.filter((call) => !isLeftOut(call)) };
    const text = write(PEER, { kind: "open", session: { id, identity, features, subscriptions: [], ...dealers } });
    this.#store.put({ relay, session: id, text, registered: registered ?? [] });
    this.#stored.set(id, storedOf(dealers, registered));
    this.#stale.delete(session);
  }

  /** Deletes the row, if there is one. */
  delete(session: Session): void {
    this.#stale.delete(session);
    if (this.#stored.delete(session.id)) this.#store.delete(session.id);
  }

  /** Messages that the session may still send, and that are to be ignored. */
  #hasRefusals(session: Session): boolean {
    const { abandoned, endedInputs } = this.#tables.pending;
    return abandoned.recordOf(session) !== undefined || endedInputs.recordOf(session) !== undefined;
  }
}

function storedOf({ registrations, calls, waitingCalls }: DealerRecord, registered: Registered): Stored {
  const requests = [...calls, ...(waitingCalls ?? [])].map(({ callRequest }) => callRequest);
  return { registrations: registrations.length, calls: new Set(requests), registered };
}
