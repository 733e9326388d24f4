/** Random bytes in bulk: one call to the platform serves hundreds of ids. */

const POOL_BYTES = 4096;

export class RandomPool {
  readonly #bytes = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /** `length` fresh bytes, at most POOL_BYTES; valid until the pool is asked again. */
  take(length: number): Uint8Array {
    if (this.#used + length > POOL_BYTES) {
      crypto.getRandomValues(this.#bytes);
      this.#used = 0;
    }
    this.#used += length;
    return this.#bytes.subarray(this.#used - length, this.#used);
  }
}
