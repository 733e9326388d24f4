/** The Markdown of the benchmark. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RELAYS } from "../../bench/relay/relay-names.ts";
import { formatWork } from "../../bench/report/markdown.ts";
import { formatWorks } from "../../bench/report/works-table.ts";
import { SCENARIOS } from "../../bench/scenarios/scenarios.ts";
import { WORKS } from "../../bench/scenarios/works.ts";
import { canRelay } from "../../bench/targets/target.ts";

const ROWS = [
  {
    target: "relay",
    rounds: [
      { cpu_us_per_call: 20, calls_per_s: 30_000, router_busy_pct: 60 },
      { cpu_us_per_call: 40, calls_per_s: 20_000, router_busy_pct: 80 },
    ],
    failures: [],
  },
  {
    target: "this",
    rounds: [{ cpu_us_per_call: 30, calls_per_s: 24_000, router_busy_pct: 72 }, undefined],
    failures: ["the run takes too long"],
  },
  { target: "other", rounds: [], failures: [] },
];

it("a scenario has a line for each target, with ratios round by round, and no column without figures", () => {
  const table = formatWork(["cpu_us_per_call", "calls_per_s", "mb_per_s"], ROWS);
  expect(table.split("\n")).toStrictEqual([
    "| target | ratio to relay | CPU µs/call | calls/s |",
    "|---|---|---|---|",
    "| relay | 1.00 | 20.0 / 30.0 / 40.0 | 20.0k / 25.0k / 30.0k |",
    "| this | 1.50 | 30.0 | 24.0k |",
    "| other | – | – | – |",
  ]);
});

it("ratios are taken to the baseline that is named", () => {
  expect(formatWork(["calls_per_s"], ROWS, "this")).toContain("| relay | 1.25 | 20.0k / 25.0k / 30.0k |");
});

it("the table of all works has a line for each figure, and a column for each target", () => {
  const lines = [
    { title: "RPC", figure: "cpu_us_per_call" },
    { title: "… calls", figure: "calls_per_s", beside: "router_busy_pct" },
  ] as const;
  const table = formatWorks([{ lines, rows: ROWS, baseline: "relay" }], ["relay", "this", "nexus"]);
  expect(table.split("\n")).toStrictEqual([
    "| work | figure | ratio to | relay | this | nexus |",
    "|---|---|---|---|---|---|",
    "| RPC | CPU µs/call | relay | 30.0 (20.0–40.0) | 30.0; 1.50 × | – |",
    "| … calls | calls/s | relay | 25.0k (20.0k–30.0k); core 70 % | 24.0k; core 72 %; 0.80 × | – |",
  ]);
});

it.each(WORKS)("the work $lines.0.title is one that its scenario and its relays can do", ({ work, relays, lines }) => {
  expect(relays.filter((relay) => !canRelay(relay, work.serializers))).toStrictEqual([]);
  const { columns } = SCENARIOS[work.scenario]!;
  expect(lines.filter(({ figure }) => !columns.includes(figure))).toStrictEqual([]);
});

it("docs/performance.md names every scenario and every relay", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/performance.md"), "utf8");
  const names = [...Object.keys(SCENARIOS), ...Object.keys(RELAYS)];
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toStrictEqual([]);
});
