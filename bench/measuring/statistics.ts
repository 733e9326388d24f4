/** Statistics over the rounds of a measurement. */

/** The least, the middle and the greatest of some figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Returns the spread of figures; undefined when none of them is a number. */
export function spreadOf(figures: readonly (number | undefined)[]): Spread | undefined {
  const sorted = figures.filter((figure) => figure !== undefined && Number.isFinite(figure)) as number[];
  sorted.sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [min, low, high, max] = [0, Math.floor(middle), Math.ceil(middle), sorted.length - 1].map(
    (index) => sorted[index],
  );
  if (min === undefined || low === undefined || high === undefined || max === undefined) return undefined;
  return { min, median: (low + high) / 2, max };
}

/**
 * Returns the spread of the ratios of two rows of figures, round by round: a minute in which the machine is slow hits
 * both sides of a ratio.
 */
export function ratiosOf(
  figures: readonly (number | undefined)[],
  baseline: readonly (number | undefined)[],
): Spread | undefined {
  return spreadOf(
    figures.map((figure, round) => {
      const base = baseline[round];
      return figure === undefined || base === undefined ? undefined : figure / base;
    }),
  );
}

/** Returns a number with three significant digits, and no fewer than its whole part has. */
export function formatFigure(figure: number): string {
  const size = Math.abs(figure);
  if (size >= 10_000) return `${(figure / 1000).toFixed(size >= 100_000 ? 0 : 1)}k`;
  return figure.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
