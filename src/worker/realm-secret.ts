/** Bytes only this realm knows: drawn when first needed, kept for as long as its object's storage. */

const KEY = "secret";
/** Bytes. */
const LENGTH = 32;

export class RealmSecret {
  readonly #storage: DurableObjectStorage;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#storage.kv.get<Uint8Array<ArrayBuffer>>(KEY) ?? this.#draw();
    return this.#bytes;
  }

  #draw(): Uint8Array<ArrayBuffer> {
    const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
    this.#storage.kv.put(KEY, bytes);
    return bytes;
  }
}
