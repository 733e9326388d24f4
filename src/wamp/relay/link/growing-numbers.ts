/** Numbers that an object never uses twice, whatever it has forgotten in a sleep or restart. */

/** More numbers of one kind than an object uses between two sleeps. */
const NUMBERS_PER_BOOT = 2 ** 32;

/** Each number is larger than those before. */
export class GrowingNumbers {
  readonly #boot: () => number;
  #last: number | undefined;

  /** `boot` as in `Batch.boot`, and below 2^21; it is read with the first number. */
  constructor(boot: () => number) {
    this.#boot = boot;
  }

  /** The last number; 0 before the first since the object woke. */
  get last(): number {
    return this.#last ?? 0;
  }

  /** Returns the next number, below 2^53. */
  next(): number {
    this.#last = (this.#last ?? this.#boot() * NUMBERS_PER_BOOT) + 1;
    return this.#last;
  }
}
