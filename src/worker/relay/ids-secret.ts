/** The secret from which all objects of a realm make the same ids: the core derives it, and each relay keeps a copy. */

import { utf8 } from "../../wamp/crypto/encoding.ts";
import { SIPHASH_KEY_BYTES, sipHash } from "../../wamp/crypto/siphash.ts";
import { isExhausted } from "../storage/free-space.ts";

const KEY = "ids_secret";
/** Bytes. */
const LENGTH = 2 * SIPHASH_KEY_BYTES;

/** Derives the secret of a realm's ids from the secret of its core. */
export function deriveIdsSecret(secret: Uint8Array): Uint8Array {
  const derived = new DataView(new ArrayBuffer(LENGTH));
  for (let at = 0; at < LENGTH; at += 8) {
    derived.setBigUint64(at, sipHash(secret.slice(0, SIPHASH_KEY_BYTES), utf8(`ids of relays ${at}`)));
  }
  return new Uint8Array(derived.buffer);
}

/** A relay's copy. */
export class IdsSecret {
  readonly #storage: DurableObjectStorage;
  #bytes: Uint8Array | undefined;
  #isStored = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Whether the secret is in storage, as far as this instance knows. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** Returns the secret; undefined if the relay has not got it yet. */
  get(): Uint8Array | undefined {
    if (this.#bytes !== undefined) return this.#bytes;
    const stored: unknown = this.#storage.kv.get(KEY);
    if (!(stored instanceof Uint8Array) || stored.length !== LENGTH) return undefined;
    this.#isStored = true;
    this.#bytes = stored;
    return stored;
  }

  /** Takes the secret of the core. `keep` stores it: a client that connects and leaves again causes no write. */
  take(bytes: Uint8Array): void {
    this.#bytes ??= bytes;
  }

  /** Stores the secret, if the relay has it. */
  keep(): void {
    if (this.#bytes === undefined || this.#isStored || isExhausted()) return;
    this.#storage.kv.put(KEY, this.#bytes);
    this.#isStored = true;
  }
}
