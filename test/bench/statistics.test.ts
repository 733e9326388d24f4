/** The statistics of the benchmark: medians, spreads, ratios round by round, latencies in classes. */

import { describe, expect, it } from "vitest";
import { Histogram } from "../../bench/client/histogram.ts";
import { formatFigure, ratiosOf, spreadOf } from "../../bench/measuring/statistics.ts";

describe("spreadOf", () => {
  it.each([
    [[3], { min: 3, median: 3, max: 3 }],
    [[9, 1, 5], { min: 1, median: 5, max: 9 }],
    [[10, 1, 2, 3], { min: 1, median: 2.5, max: 10 }],
    [[undefined, 4, Number.NaN, 2], { min: 2, median: 3, max: 4 }],
  ])("of %j is %j", (figures, spread) => {
    expect(spreadOf(figures)).toStrictEqual(spread);
  });

  it("is undefined when no round has a figure", () => {
    expect(spreadOf([undefined, Number.NaN])).toBeUndefined();
  });
});

describe("ratiosOf", () => {
  it("divides round by round, not median by median", () => {
    expect(ratiosOf([10, 40, 30], [10, 20, 10])).toStrictEqual({ min: 1, median: 2, max: 3 });
  });

  it("leaves out rounds in which one of the two has no figure", () => {
    expect(ratiosOf([10, undefined, 30], [10, 20, undefined])).toStrictEqual({ min: 1, median: 1, max: 1 });
  });
});

it.each([
  [1.234, "1.23"],
  [12.34, "12.3"],
  [123.4, "123"],
  [1234, "1234"],
  [12_340, "12.3k"],
  [123_400, "123k"],
])("the figure %d is shown as %s", (figure, text) => {
  expect(formatFigure(figure)).toBe(text);
});

describe("a histogram", () => {
  it("finds quantiles to about one percent", () => {
    const histogram = new Histogram();
    for (let microseconds = 1; microseconds <= 1000; microseconds++) histogram.add(microseconds);
    const [median, high] = [histogram.quantile(0.5), histogram.quantile(0.99)];
    expect([Math.abs(median - 500) < 6, Math.abs(high - 990) < 11]).toStrictEqual([true, true]);
  });

  it("has no quantile without durations, and none after a reset", () => {
    const histogram = new Histogram();
    histogram.add(5);
    histogram.reset();
    expect(histogram.quantile(0.5)).toBeNaN();
  });

  it("counts durations beyond its range in the last class", () => {
    const histogram = new Histogram();
    histogram.add(2 ** 50);
    expect(histogram.quantile(0.5)).toBeGreaterThan(2 ** 39);
  });
});
