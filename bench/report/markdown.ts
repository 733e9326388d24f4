/** Markdown of what was measured. */

import { formatFigure, ratiosOf, type Spread, spreadOf } from "../measuring/statistics.ts";
import type { Conditions } from "../runner/conditions.ts";
import type { Row } from "../runner/rounds.ts";
import { FIGURES, type FigureName } from "../scenarios/figures.ts";
import type { Settings } from "../scenarios/settings.ts";

/** Cells of a column: nothing measured. */
const NOTHING = "–";

/** Returns a Markdown table. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** Figures as `least / median / greatest`. */
export function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return NOTHING;
  const { min, median, max } = spread;
  if (min === max) return formatFigure(median);
  return [min, median, max].map(formatFigure).join(" / ");
}

/**
 * The table of one work: a line for each target. Ratios are taken of the first column, to the target of the name
 * `baseline`, or else to the first one that can do the work.
 */
export function formatWork(columns: readonly FigureName[], rows: readonly Row[], baseline?: string): string {
  const able = rows.filter(({ rounds }) => rounds.length > 0);
  const base = able.find(({ target }) => target === baseline) ?? able[0];
  const cost = columns[0];
  const shown = columns.filter((name) => able.some((row) => spreadOf(column(row, name)) !== undefined));
  const ratioOf = (row: Row): Spread | undefined => {
    return base && cost && ratiosOf(column(row, cost), column(base, cost));
  };
  const hasRatios = able.length > 1;
  const head = ["target", ...(hasRatios ? [`ratio to ${base?.target}`] : []), ...shown.map((name) => FIGURES[name])];
  const lines = rows.map((row) => [
    row.target,
    ...(hasRatios ? [formatSpread(ratioOf(row))] : []),
    ...shown.map((name) => formatSpread(spreadOf(column(row, name)))),
  ]);
  return formatTable(head, lines);
}

/** One figure of a target, by round. */
export function column({ rounds }: Row, name: FigureName): readonly (number | undefined)[] {
  return rounds.map((figures) => figures?.[name]);
}

/** The conditions of `rows` in some lines; `times` is absent for a scenario that does not run for a time. */
export function formatConditions(
  { date, cpu, cores, memory_gib, system, node, targets, load_average, measures_cpu }: Conditions,
  rounds: number,
  rows: readonly Row[],
  times?: Pick<Settings, "durationMs" | "warmupMs">,
): string {
  const length = times && ` of ${times.durationMs / 1000} s after ${times.warmupMs / 1000} s of warm-up`;
  return [
    `${date}; ${cores} × ${cpu}, ${memory_gib} GiB, ${system}; load average at the start ${load_average.toFixed(2)}; Node ${node}.`,
    `${rounds} alternating rounds${length ?? ""}; least / median / greatest.`,
    `Other programs of the machine took ${formatSpread(spreadOf(rows.flatMap((row) => column(row, "other_busy_pct"))))} % of a core.`,
    ...(measures_cpu ? [] : ["No CPU time and memory: this system has no /proc."]),
    "",
    ...Object.entries(Object.groupBy(Object.entries(targets), ([, what]) => what)).map(
      ([what, entries = []]) => `- ${entries.map(([name]) => name).join(", ")}: ${what}`,
    ),
  ].join("\n");
}
