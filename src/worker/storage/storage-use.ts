/** Decides when a realm may begin to write to its storage, and removes storage that keeps nothing. */

import type { RealmSecret } from "./realm-secret.ts";
import type { Tables } from "./tables.ts";

/**
 * Milliseconds for which a client that has not said HELLO holds the object awake, instead of an alarm, which is a row.
 */
const SILENT_MS = 1_000;

/**
 * If the configuration names realms by a pattern, any client can create realms. So a client that connects and leaves
 * causes no write, and the storage of a realm that keeps nothing is deleted with its last socket.
 */
export class StorageUse {
  readonly #storage: DurableObjectStorage;
  readonly #tables: Tables;
  readonly #secret: RealmSecret;
  #isOpen = false;
  #deferredUntil = 0;

  constructor(storage: DurableObjectStorage, tables: Tables, secret: RealmSecret) {
    this.#storage = storage;
    this.#tables = tables;
    this.#secret = secret;
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
    this.#secret.keep();
  }

  /** Deletes the storage of a realm without sockets and alarm if it keeps nothing; returns whether it did. */
  removeIfEmpty(): boolean {
    if (!this.#isOpen || this.#secret.isStored || !this.#tables.areEmpty()) return false;
    this.#isOpen = false;
    this.#tables.forget();
    void this.#storage.deleteAll();
    return true;
  }
}
