/** The metrics in docs/monitoring.md and docs/grafana.json are those of the source. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readExposition } from "../worker/metrics/exposition.ts";

const PAGE = readFileSync("docs/monitoring.md", "utf8");

/** Metric → its type. */
const TYPES = new Map(
  readExposition(readFileSync("src/worker/metrics/families.txt", "utf8")).map(({ name, type }) => [name, type]),
);

/** The names of metrics in a text, without the suffixes of a histogram. */
function metricsIn(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(/\bwamp_edge_\w+/g), ([name]) => name.replace(/_(bucket|sum|count)$/, "")));
}

test("the table has every metric with its type, in the order of the source", () => {
  const rows = Array.from(PAGE.matchAll(/^\| `(wamp_edge_\w+)` \| (\w+) \|/gm), ([, name, type]) => [name, type]);
  expect(rows).toEqual([...TYPES]);
});

test("the alerts use metrics that exist", () => {
  const [, alerts = ""] = /```yaml\ngroups:(.*?)```/s.exec(PAGE) ?? [];
  const used = metricsIn(alerts);
  expect(used.size).toBeGreaterThan(2);
  expect([...used].filter((name) => !TYPES.has(name))).toEqual([]);
});

test("the dashboard for Grafana is valid, and its panels use metrics that exist", () => {
  const { panels, templating, uid } = JSON.parse(readFileSync("docs/grafana.json", "utf8")) as Dashboard;
  expect(uid).toBe("wamp-edge");
  const ids = panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { title, type, targets, gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    expect([title, targets !== undefined]).toEqual([title, type !== "row"]);
  }
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  for (const expr of expressions) expect(expr).toMatch(/wamp_edge_\w+\{realm=~"\$realm"/);
  const used = metricsIn(JSON.stringify([expressions, templating]));
  expect([...used].filter((name) => !TYPES.has(name))).toEqual([]);
  expect([...TYPES.keys()].filter((name) => !used.has(name))).toEqual([]);
});

/** What the test reads of a dashboard. */
interface Dashboard {
  readonly uid: string;
  readonly templating: unknown;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}
