/** A token bucket: tokens come at a steady pace up to a bound, and are spent one by one or many at once. */

export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  /** Milliseconds since the epoch. */
  #filledAt: number;

  /** A full bucket: `perSecond` tokens come each second while it holds fewer than `burst`. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Whether the bucket holds a whole token at `now`, milliseconds since the epoch. */
  hasToken(now: number): boolean {
    const filled = Math.max(0, now - this.#filledAt) * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + filled);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** Spends tokens; the bucket may owe some afterwards. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }
}
