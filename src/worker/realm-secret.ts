/** Bytes only this realm knows: drawn when first needed, kept for as long as its object's storage. */

import type { Host } from "../wamp/host.ts";
import { unreadable } from "../wamp/stored-record.ts";
import { isExhausted } from "./storage/room.ts";

const KEY = "secret";
/** Bytes. */
const LENGTH = 32;

export class RealmSecret {
  readonly #storage: DurableObjectStorage;
  readonly #log: Host["log"];
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(storage: DurableObjectStorage, log: Host["log"]) {
    this.#storage = storage;
    this.#log = log;
  }

  get(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#stored();
    return this.#bytes;
  }

  /** Where what is stored is no secret, one that lasts until the object ends takes its place. */
  #stored(): Uint8Array<ArrayBuffer> {
    const stored: unknown = this.#storage.kv.get(KEY);
    if (stored === undefined) return this.#draw();
    if (stored instanceof Uint8Array && stored.length === LENGTH) return stored as Uint8Array<ArrayBuffer>;
    this.#log(unreadable("secret", "it is not 32 bytes"));
    return crypto.getRandomValues(new Uint8Array(LENGTH));
  }

  #draw(): Uint8Array<ArrayBuffer> {
    const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
    // What cannot be stored lasts until this instance ends: cookies and the like are drawn anew then.
    if (!isExhausted()) this.#storage.kv.put(KEY, bytes);
    return bytes;
  }
}
