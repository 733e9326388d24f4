/** A clock that never goes back, made of one that may. */

/**
 * Goes on from where it was when the wall clock is set back, so that what ends in five seconds ends in five seconds.
 * What passed between its last two readings is lost when that happens: a deadline comes later by that time, no more.
 * When the wall clock is set forward, deadlines in between are due at once: that cannot be told from sleep.
 */
export class SteadyClock {
  readonly #wall: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #lead = 0;

  /** `wall` tells milliseconds since the epoch. */
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
