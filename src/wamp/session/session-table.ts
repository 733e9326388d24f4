/** Tables of broker and dealer by session: values by id, and remembered request ids. */

import type { Id } from "../protocol/values.ts";
import type { Session } from "./session.ts";

/**
 * session → id → value. Most sessions of an idle realm hold little: the map of a session is made with its first value.
 * It is kept until the session leaves, because a caller would otherwise get a new one with each call.
 */
export class SessionTable<T> {
  readonly #bySession = new Map<Session, Map<Id, T>>();

  /** The value of the session with this id. */
  get(session: Session, id: Id): T | undefined {
    return this.#bySession.get(session)?.get(id);
  }

  /** Id → value; a view that follows the table, unless it is empty now. */
  of(session: Session): ReadonlyMap<Id, T> {
    return this.#bySession.get(session) ?? EMPTY;
  }

  /** Values of all sessions; takes time in proportion to the sessions. */
  count(): number {
    let count = 0;
    for (const values of this.#bySession.values()) count += values.size;
    return count;
  }

  /** Sets a value; makes the map of the session with its first one. */
  set(session: Session, id: Id, value: T): void {
    const values = this.#bySession.get(session);
    if (values !== undefined) values.set(id, value);
    else this.#bySession.set(session, new Map([[id, value]]));
  }

  /** Deletes a value; the map of the session stays. */
  delete(session: Session, id: Id): void {
    this.#bySession.get(session)?.delete(id);
  }

  /** Drops the map of a session that has left; without this call the table keeps the session alive. */
  leave(session: Session): void {
    this.#bySession.delete(session);
  }
}

const EMPTY: ReadonlyMap<Id, never> = new Map<Id, never>();

/** Requests kept of one session that never finishes what is over: far more than a client has in progress at once. */
const MAX_REMEMBERED = 1_000;

/**
 * Requests of calls that are over, remembered because one side may still send a part of them: session → request ids,
 * oldest first. A session without any is not in the table.
 */
export class RememberedRequests {
  readonly #bySession = new Map<Session, Set<Id>>();

  /** True if no session has any. */
  get isEmpty(): boolean {
    return this.#bySession.size === 0;
  }

  /** Whether the session has the request. */
  has(session: Session, request: Id): boolean {
    return this.#bySession.get(session)?.has(request) === true;
  }

  /** The session's requests for its stored record; undefined where it has none. */
  recordOf(session: Session): readonly Id[] | undefined {
    const requests = this.#bySession.get(session);
    return requests && [...requests];
  }

  /** Adds a request of the session; of more than 1,000 the oldest is forgotten. */
  add(session: Session, request: Id): void {
    const requests = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, requests.add(request));
    if (requests.size > MAX_REMEMBERED) {
      const [oldest] = requests;
      requests.delete(oldest!);
    }
    session.transport.save();
  }

  /** Removes a request; false if the session does not have it. */
  delete(session: Session, request: Id): boolean {
    const requests = this.#bySession.get(session);
    if (requests?.delete(request) !== true) return false;
    if (requests.size === 0) this.#bySession.delete(session);
    session.transport.save();
    return true;
  }

  /** The session is gone. */
  leave(session: Session): void {
    this.#bySession.delete(session);
  }

  /** Restores the requests in the record of a session that slept. */
  restore(session: Session, requests: readonly Id[] | undefined): void {
    if (requests !== undefined && requests.length > 0) this.#bySession.set(session, new Set(requests));
  }
}
