/** Counts durations in classes of about one percent, so that a measurement keeps no list. */

/** Classes for each doubling. */
const CLASSES = 64;
const DOUBLINGS = 40;

/** Durations in microseconds. */
export class Histogram {
  readonly #counts = new Uint32Array(DOUBLINGS * CLASSES);
  #total = 0;

  /** Counts a duration; those below 1 µs count as 1. */
  add(microseconds: number): void {
    const index = microseconds < 1 ? 0 : Math.floor(Math.log2(microseconds) * CLASSES);
    this.#counts[Math.min(this.#counts.length - 1, index)]!++;
    this.#total++;
  }

  /** Forgets all durations. */
  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** Returns the duration that `part` (0 to 1) of all do not exceed, to one percent; NaN without any. */
  quantile(part: number): number {
    let left = Math.ceil(this.#total * part);
    if (left === 0) return Number.NaN;
    const index = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.round(2 ** ((index + 0.5) / CLASSES));
  }
}
