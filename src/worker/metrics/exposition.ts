/** Writes figures in the text format of Prometheus (Exposition formats: Text-based format). */

import { FAMILIES, typeOf } from "./families.ts";
import type { EntryFigures } from "./registry.ts";

/** The media type of `exposition`. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The figures, metric by metric; those of metrics that this version does not know are left out. */
export function exposition(all: readonly EntryFigures[]): string {
  const linesByFamily = new Map(Object.keys(FAMILIES).map((family) => [family, ""]));
  for (const { entry, gauges, counters } of all) {
    for (const [series, value] of Object.entries({ ...gauges, ...counters })) {
      const [name = "", labels] = series.split(/[{}]/);
      const lines = linesByFamily.get(name);
      if (lines === undefined) continue;
      linesByFamily.set(name, `${lines}${name}{realm="${escaped(entry)}"${labels ? `,${labels}` : ""}} ${value}\n`);
    }
  }
  return Array.from(linesByFamily, ([family, lines]) => {
    return lines && `# HELP ${family} ${FAMILIES[family]}.\n# TYPE ${family} ${typeOf(family)}\n${lines}`;
  }).join("");
}

/** The value of a label; a realm's name has no line feed. */
function escaped(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
