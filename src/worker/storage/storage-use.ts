/** When a realm may begin to write to its storage, and when nothing of it needs to be kept. */

import type { Tables } from "./tables.ts";

/** A secret that is drawn in memory and stored once the realm stores anything. */
export interface Secret {
  /** Whether the secret is in storage, as far as this instance knows. */
  readonly isStored: boolean;
  /** Stores the secret if it was drawn. */
  keep(): void;
}

/**
 * Where realm names are a pattern anyone can name realms. So a client that connects and leaves causes no write, and the
 * storage of a realm that keeps nothing is emptied with its last socket.
 */
export class StorageUse {
  readonly #storage: DurableObjectStorage;
  readonly #tables: Tables;
  readonly #secret: Secret;
  #isOpen = false;

  constructor(storage: DurableObjectStorage, tables: Tables, secret: Secret) {
    this.#storage = storage;
    this.#tables = tables;
    this.#secret = secret;
  }

  /** May rows be written for what is not a session's? */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A client has begun its login, or stays without one. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#secret.keep();
  }

  /** Removes the storage of a realm without sockets and alarm, if it keeps nothing. Returns whether it did. */
  removeIfEmpty(): boolean {
    if (!this.#isOpen || this.#secret.isStored || !this.#tables.areEmpty()) return false;
    this.#isOpen = false;
    this.#tables.forget();
    void this.#storage.deleteAll();
    return true;
  }
}
