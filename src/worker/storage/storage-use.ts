/** Decides when a realm may begin to write to its storage, and removes storage that keeps nothing. */

import type { Tables } from "./tables.ts";

/**
 * Milliseconds for which a client that has not said HELLO holds the object awake, instead of an alarm, which is a row.
 */
const SILENT_MS = 1_000;

/** A secret that keeps the storage once it is stored, because others depend on it. */
export interface StoredSecret {
  readonly isStored: boolean;
  /** Stores the secret, if it is known. */
  keep(): void;
}

/**
 * If the configuration names realms by a pattern, any client can create realms. So a client that connects and leaves
 * causes no write, and the storage of a realm that keeps nothing is deleted with its last socket.
 */
export class StorageUse {
  readonly #storage: DurableObjectStorage;
  readonly #tables: Tables;
  readonly #secrets: readonly StoredSecret[];
  #isOpen = false;
  #deferredUntil = 0;

  constructor(storage: DurableObjectStorage, tables: Tables, secrets: readonly StoredSecret[]) {
    this.#storage = storage;
    this.#tables = tables;
    this.#secrets = secrets;
  }

  /** Whether rows may be written that belong to no session. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Until when clients without HELLO cause no write; milliseconds since the epoch. */
  get deferredUntil(): number {
    return this.#deferredUntil;
  }

  /** A client has connected at `now`, in milliseconds since the epoch. */
  clientConnected(now: number): void {
    this.#deferredUntil = now + SILENT_MS;
  }

  /** Permits writing: a client has begun its login, or stays without one. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const secret of this.#secrets) secret.keep();
  }

  /** Deletes the storage of a realm without sockets and alarm if it keeps nothing; returns whether it did. */
  removeIfEmpty(): boolean {
    const isKept = this.#secrets.some(({ isStored }) => isStored);
    if (!this.#isOpen || isKept || !this.#tables.areEmpty()) return false;
    this.#isOpen = false;
    this.#tables.forget();
    void this.#storage.deleteAll();
    return true;
  }
}
