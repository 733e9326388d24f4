/** How long calls take, in a histogram. */

import type { Clock } from "../host/host.ts";

/** Upper bounds of the buckets, in milliseconds; one more bucket has the calls above the last one. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * Two readings of the clock cost some hundredths of a call, so one of so many calls is measured. A prime number: a
 * client that calls procedures in turn would otherwise have the same one measured always.
 */
const CALLS_PER_MEASURED = 17;

/** `Invocation.startedAt` of a call that is not measured. */
export const NOT_MEASURED = -1;

/** From the INVOCATION to the end of the call, whether by a result, an error, a timeout or a cancellation. */
export class CallLatency {
  readonly #host: Clock;
  readonly #since: number;
  readonly #counts = new Uint32Array(BOUNDS.length + 1);
  #sum = 0;
  #calls = 0;

  constructor(host: Clock) {
    this.#host = host;
    this.#since = host.now();
  }

  /** Returns the `startedAt` of a call that begins: milliseconds since the realm woke, which are a small integer. */
  start(): number {
    return this.#calls++ % CALLS_PER_MEASURED === 0 ? this.#host.now() - this.#since : NOT_MEASURED;
  }

  /** Counts a call that has ended. */
  end(startedAt: number): void {
    if (startedAt !== NOT_MEASURED) this.#add(this.#host.now() - this.#since - startedAt);
  }

  #add(elapsed: number): void {
    let bucket = 0;
    while (elapsed > (BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#counts[bucket]!++;
    this.#sum += elapsed;
  }

  /** Returns the histogram; the counts are those of single buckets. */
  toDict() {
    return { bounds_ms: [...BOUNDS], counts: [...this.#counts], sum_ms: this.#sum, calls: this.#calls };
  }
}
