/** Writes figures in the text format of Prometheus (Exposition formats: Text-based format). */

import type { EntryFigures } from "./registry.ts";

/** The media type of `exposition`. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Adds the figures to `families`, which has HELP and TYPE of each metric (families.txt). Metrics without a figure are
 * left out, and figures of metrics that this version does not know.
 */
export function exposition(families: string, all: readonly EntryFigures[]): string {
  const linesByName = new Map<string, string>();
  for (const { entry, gauges, counters } of all) {
    for (const [series, value] of Object.entries({ ...gauges, ...counters })) {
      const [name = "", labels] = series.split(/[{}]/);
      const line = `${name}{realm="${escaped(entry)}"${labels ? `,${labels}` : ""}} ${value}\n`;
      const family = name.replace(/_(bucket|sum|count)$/, "");
      linesByName.set(family, (linesByName.get(family) ?? "") + line);
    }
  }
  return families.replace(/# HELP (\w+) .*\n.*\n/g, (head, name) => {
    const lines = linesByName.get(name);
    return lines === undefined ? "" : head + lines;
  });
}

/** The value of a label; a realm's name has no line feed. */
function escaped(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
