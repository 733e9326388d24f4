/** Draws random bytes in bulk: one call to the platform serves hundreds of ids. */

const POOL_BYTES = 4096;

/** Random bytes from the platform's cryptographic source. */
export class RandomPool {
  readonly #bytes = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /** Returns `length` new bytes, at most POOL_BYTES; valid until the next call. */
  take(length: number): Uint8Array {
    if (this.#used + length > POOL_BYTES) {
      crypto.getRandomValues(this.#bytes);
      this.#used = 0;
    }
    this.#used += length;
    return this.#bytes.subarray(this.#used - length, this.#used);
  }
}
