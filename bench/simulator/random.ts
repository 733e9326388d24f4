/** Random numbers that are the same for the same seed. */

/** A generator of 32 bits of state (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In 0..1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in 0..limit, without the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** The time to the next of events that come independently, `rate` in a unit of time. */
  interval(rate: number): number {
    return -Math.log(1 - this.next()) / rate;
  }
}
