/** Percentiles of weighted values. */

/** Values in steps of one hundredth, from 0.1 on. */
export class Percentiles {
  /** step → weight */
  readonly #weights: number[] = [];
  /** The sum of the weights. */
  count = 0;

  add(value: number, weight: number): void {
    const step = Math.max(0, Math.round(Math.log(value / 0.1) / Math.log(1.01)));
    this.#weights[step] = (this.#weights[step] ?? 0) + weight;
    this.count += weight;
  }

  /** The value below which this part of the weights is. */
  at(part: number): number {
    let left = part * this.count;
    for (const [step, weight] of this.#weights.entries()) {
      left -= weight ?? 0;
      if (left <= 0) return 0.1 * 1.01 ** step;
    }
    return 0;
  }
}
