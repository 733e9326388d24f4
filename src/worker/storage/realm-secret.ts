/**
 * The secret of a realm, which signs cookies and the like: drawn when first needed, and kept as long as its storage.
 */

import type { Host } from "../../wamp/host/host.ts";
import { unreadable } from "../../wamp/stored-records/stored-record.ts";
import { isExhausted } from "./free-space.ts";

const KEY = "secret";
/** Bytes. */
const LENGTH = 32;

/** 32 random bytes of one realm. */
export class RealmSecret {
  readonly #storage: DurableObjectStorage;
  readonly #log: Host["log"];
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #isStored = false;

  constructor(storage: DurableObjectStorage, log: Host["log"]) {
    this.#storage = storage;
    this.#log = log;
  }

  /** Whether the secret is in storage, as far as this instance knows. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** Returns the secret, and stores it. */
  get(): Uint8Array<ArrayBuffer> {
    const bytes = this.draft();
    this.keep();
    return bytes;
  }

  /** Returns the secret without storing it: its signatures may be invalid after the object's next start. */
  draft(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#read() ?? crypto.getRandomValues(new Uint8Array(LENGTH));
    return this.#bytes;
  }

  /** Stores the secret if it was drawn. */
  keep(): void {
    // A secret that cannot be stored lasts as long as this instance: its cookies are invalid then.
    if (this.#bytes === undefined || this.#isStored || isExhausted()) return;
    this.#storage.kv.put(KEY, this.#bytes);
    this.#isStored = true;
  }

  /** Reads the secret. In place of an invalid one it draws another, which lasts as long as this instance. */
  #read(): Uint8Array<ArrayBuffer> | undefined {
    const stored: unknown = this.#storage.kv.get(KEY);
    this.#isStored = stored !== undefined;
    if (stored === undefined) return undefined;
    if (stored instanceof Uint8Array && stored.length === LENGTH) return stored as Uint8Array<ArrayBuffer>;
    this.#log(unreadable("secret", "it is not 32 bytes"));
    const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
    return bytes;
  }
}
