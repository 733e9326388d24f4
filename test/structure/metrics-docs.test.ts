/** The metrics in docs/monitoring.md and docs/grafana.json are those of the source. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAMILIES, typeOf } from "../../src/worker/metrics/families.ts";

const PAGE = readFileSync("docs/monitoring.md", "utf8");

/** The names of metrics in a text, without the suffixes of a histogram. */
function metricsIn(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(/\bwamp_edge_\w+/g), ([name]) => name.replace(/_(bucket|sum|count)$/, "")));
}

test("the table has every metric with its type, in the order of the source", () => {
  const rows = Array.from(PAGE.matchAll(/^\| `(wamp_edge_\w+)` \| (\w+) \|/gm), ([, name, type]) => [name, type]);
  expect(rows).toEqual(Object.keys(FAMILIES).map((name) => [name, typeOf(name)]));
});

test("the alerts use metrics that exist", () => {
  const [, alerts = ""] = /```yaml\ngroups:(.*?)```/s.exec(PAGE) ?? [];
  const used = metricsIn(alerts);
  expect(used.size).toBeGreaterThan(2);
  expect([...used].filter((name) => !(name in FAMILIES))).toEqual([]);
});
