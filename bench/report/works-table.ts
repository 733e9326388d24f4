/** One table of many works: a line for each figure, a column for each target. */

import { formatFigure, ratiosOf, spreadOf } from "../measuring/statistics.ts";
import type { Row } from "../runner/rounds.ts";
import { FIGURES } from "../scenarios/figures.ts";
import type { Line } from "../scenarios/works.ts";
import { column, formatTable } from "./markdown.ts";

/** What was measured for some lines. */
export interface MeasuredWork {
  readonly lines: readonly Line[];
  readonly rows: readonly Row[];
  /** The target that ratios are taken to; undefined where none is like the others. */
  readonly baseline: string | undefined;
}

const NOTHING = "–";

/**
 * Returns Markdown. A cell has the median, the least and the greatest figure, and the median of the ratios to the
 * baseline of its line, round by round.
 */
export function formatWorks(works: readonly MeasuredWork[], targets: readonly string[]): string {
  const lines = works.flatMap((work) => work.lines.map((line) => formatLine(line, work, targets)));
  return formatTable(["work", "figure", "ratio to", ...targets], lines);
}

function formatLine(line: Line, { rows, baseline }: MeasuredWork, targets: readonly string[]): readonly string[] {
  const base = rows.find(({ target }) => target === baseline);
  const cells = targets.map((target) => {
    const row = rows.find((candidate) => candidate.target === target);
    return row === undefined ? NOTHING : formatCell(line, row, row === base ? undefined : base);
  });
  return [line.title, FIGURES[line.figure], base?.target ?? NOTHING, ...cells];
}

function formatCell({ figure, beside }: Line, row: Row, base: Row | undefined): string {
  const spread = spreadOf(column(row, figure));
  if (spread === undefined) return NOTHING;
  const { min, median, max } = spread;
  const range = min === max ? "" : ` (${formatFigure(min)}–${formatFigure(max)})`;
  const share = beside && spreadOf(column(row, beside))?.median;
  const ratio = base && ratiosOf(column(row, figure), column(base, figure))?.median;
  return [
    `${formatFigure(median)}${range}`,
    ...(share === undefined ? [] : [`core ${Math.round(share)} %`]),
    ...(ratio === undefined ? [] : [`${ratio.toFixed(2)} ×`]),
  ].join("; ");
}
