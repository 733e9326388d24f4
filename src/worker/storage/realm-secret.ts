/** Bytes only this realm knows: drawn when first needed, kept for as long as its object's storage. */

import type { Host } from "../../wamp/host/host.ts";
import { unreadable } from "../../wamp/records/stored-record.ts";
import { isExhausted } from "./free-space.ts";

const KEY = "secret";
/** Bytes. */
const LENGTH = 32;

export class RealmSecret {
  readonly #storage: DurableObjectStorage;
  readonly #log: Host["log"];
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #isStored = false;

  constructor(storage: DurableObjectStorage, log: Host["log"]) {
    this.#storage = storage;
    this.#log = log;
  }

  /** Is it in storage, as far as this instance knows? */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** The bytes, stored from the first use on. */
  get(): Uint8Array<ArrayBuffer> {
    const bytes = this.draft();
    this.keep();
    return bytes;
  }

  /** The bytes as `get` tells them, but not stored yet: what they sign may be worthless after the object's next start. */
  draft(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#read() ?? crypto.getRandomValues(new Uint8Array(LENGTH));
    return this.#bytes;
  }

  /** Stores the bytes if they were drawn. */
  keep(): void {
    // What cannot be stored lasts until this instance ends: cookies and the like are drawn anew then.
    if (this.#bytes === undefined || this.#isStored || isExhausted()) return;
    this.#storage.kv.put(KEY, this.#bytes);
    this.#isStored = true;
  }

  /** Where what is stored is no secret, one that lasts until the object ends takes its place. */
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
