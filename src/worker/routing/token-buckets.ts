/** Rate limits by key: a bucket of tokens per key, which refills at a steady rate. */

import { TokenBucket } from "../../wamp/host/token-bucket.ts";

/** A bounded number of buckets. The one that was used longest ago is dropped first: it is full again by then. */
export class TokenBuckets {
  readonly #most: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a token from the bucket of `key`, whose capacity is one minute's refill; false if it is empty. `now` in
   * milliseconds.
   */
  take(key: string, perMinute: number, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perMinute / 60, perMinute, now);
    // The Map lists keys by their last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#most) this.#dropOldest();
    if (!bucket.hasToken(now)) return false;
    bucket.spend(1);
    return true;
  }

  #dropOldest(): void {
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest!);
  }
}
