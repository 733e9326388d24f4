/** Tables of broker and dealer by session. */

import type { Id } from "../protocol/values.ts";
import type { Session } from "./session.ts";

/**
 * session → id → value. Most sessions of an idle realm hold little: the map of a session is made with its first value.
 * It is kept until the session leaves, because a caller would otherwise get a new one with each call.
 */
export class SessionTable<T> {
  readonly #bySession = new Map<Session, Map<Id, T>>();

  get(session: Session, id: Id): T | undefined {
    return this.#bySession.get(session)?.get(id);
  }

  /** Id → value; a view that follows the table, unless it is empty now. */
  of(session: Session): ReadonlyMap<Id, T> {
    return this.#bySession.get(session) ?? EMPTY;
  }

  set(session: Session, id: Id, value: T): void {
    const values = this.#bySession.get(session);
    if (values !== undefined) values.set(id, value);
    else this.#bySession.set(session, new Map([[id, value]]));
  }

  delete(session: Session, id: Id): void {
    this.#bySession.get(session)?.delete(id);
  }

  /** Drops the map of a session that has left; without this call the table keeps the session alive. */
  leave(session: Session): void {
    this.#bySession.delete(session);
  }
}

const EMPTY: ReadonlyMap<Id, never> = new Map<Id, never>();
