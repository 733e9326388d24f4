/** The core's table of how many sessions each relay has. */

import type { SessionsByRole } from "../link/messages.ts";

/** How many visible sessions a relay has. */
export interface RelaySessionsRow {
  /** The number of the relay. */
  readonly relay: number;
  readonly byRole: SessionsByRole;
}

/** One row for each relay with sessions, written when its counts arrive: every five seconds at most. */
export interface RelaySessionsStore {
  all(): Iterable<RelaySessionsRow>;
  put(row: RelaySessionsRow): void;
  /** Removes the row, if present. */
  delete(relay: number): void;
}

/** A copy of the rows, in memory; it is rebuilt from them when the core wakes. */
export class RelaySessions {
  readonly #store: RelaySessionsStore;
  readonly #byRelay = new Map<number, SessionsByRole>();

  constructor(store: RelaySessionsStore) {
    this.#store = store;
    for (const { relay, byRole } of store.all()) this.#byRelay.set(relay, byRole);
  }

  /** The relays with sessions, in no order. */
  relays(): Iterable<number> {
    return this.#byRelay.keys();
  }

  /** Has the relay a session, as far as the core knows? */
  has(relay: number): boolean {
    return this.#byRelay.has(relay);
  }

  /** Takes the counts of a relay. */
  set(relay: number, byRole: SessionsByRole): void {
    if (Object.keys(byRole).length === 0) return this.drop(relay);
    this.#byRelay.set(relay, byRole);
    this.#store.put({ relay, byRole });
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    if (this.#byRelay.delete(relay)) this.#store.delete(relay);
  }

  /** The sessions of all relays: those with these authroles, or all. */
  count(authroles?: readonly string[]): number {
    let count = 0;
    for (const byRole of this.#byRelay.values()) {
      for (const [role, sessions] of Object.entries(byRole)) {
        if (authroles === undefined || authroles.includes(role)) count += sessions;
      }
    }
    return count;
  }
}
