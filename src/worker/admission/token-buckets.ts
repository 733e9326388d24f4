/** How often something may happen: a bucket of tokens per key, which fills up again at a steady pace. */

interface Bucket {
  tokens: number;
  /** Milliseconds since the epoch. */
  at: number;
}

const MINUTE_MS = 60_000;

/** Buckets of keys that were not used for long are dropped where there are too many; they would be full again. */
export class TokenBuckets {
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a token of the key's bucket, which holds as many as come anew each minute; false if it is empty. */
  take(key: string, perMinute: number, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, at: now };
    const filled = Math.max(0, now - bucket.at) * (perMinute / MINUTE_MS);
    bucket.tokens = Math.min(perMinute, bucket.tokens + filled);
    bucket.at = now;
    // The keys used last stand last.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#most) this.#drop();
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #drop(): void {
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest!);
  }
}
