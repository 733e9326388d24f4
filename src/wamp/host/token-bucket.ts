/** A token bucket: a rate limit with bursts. */

/** Tokens are added at a constant rate up to a bound, and spent one or several at a time. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  /** Milliseconds since the epoch. */
  #filledAt: number;

  /** A full bucket: `perSecond` tokens are added each second, up to `burst`. */
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

  /** Spends tokens; the balance may become negative. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }
}
