/** How often something may happen: a bucket of tokens per key, which fills up again at a steady pace. */

import { TokenBucket } from "../../wamp/host/token-bucket.ts";

/** Buckets of keys that were not used for long are dropped where there are too many; they would be full again. */
export class TokenBuckets {
  readonly #most: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a token of the key's bucket, which holds as many as come anew each minute; false if it is empty. */
  take(key: string, perMinute: number, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perMinute / 60, perMinute, now);
    // The keys used last stand last.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#most) this.#drop();
    if (!bucket.hasToken(now)) return false;
    bucket.spend(1);
    return true;
  }

  #drop(): void {
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest!);
  }
}
