/** A clock that never goes back, made of one that can. */

/**
 * Continues from its last reading when the wall clock is set back, so that durations stay right. The time between the
 * last two readings is lost then, and deadlines come later by that time. When the wall clock is set forward, deadlines
 * in between are due at once, because the change looks like sleep.
 */
export class SteadyClock {
  readonly #wall: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #lead = 0;

  /** `wall` returns milliseconds since the epoch. */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** Milliseconds since the epoch, or more where the wall clock was set back. */
  now(): number {
    const wall = this.#wall();
    if (wall + this.#lead < this.#last) this.#lead = this.#last - wall;
    this.#last = wall + this.#lead;
    return this.#last;
  }

  /** Milliseconds by which this clock is ahead of the wall clock. */
  get lead(): number {
    this.now();
    return this.#lead;
  }
}
