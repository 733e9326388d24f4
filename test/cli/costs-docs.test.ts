/** docs/costs.md: the table of loads has the figures that the functions of the page compute. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dailyCost } from "../../src/console/session/daily-cost.ts";
import type { Stats } from "../../src/console/session/stats.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/costs.md"), "utf8");

/** Counts of a month, and dollars. */
interface Cost {
  readonly workerRequests: number;
  readonly requests: number;
  readonly gbSeconds: number;
  readonly rows: number;
  readonly total: number;
}

interface Formula {
  readonly prices: Readonly<Record<string, { readonly included: number; readonly perMillion: number }>>;
  monthlyCost(load: object): Cost;
}

/** Loads a JavaScript block of the page as a module. */
async function load<Module>(name: string): Promise<Module> {
  const text = new RegExp(`^\`\`\`js ${name}\\n(.+?)^\`\`\`$`, "ms").exec(PAGE)?.[1];
  if (text === undefined) throw new Error(`docs/costs.md has no block ${name}`);
  const file = join(mkdtempSync(join(tmpdir(), "costs-")), name.replace(".js", ".mjs"));
  writeFileSync(file, text);
  return import(/* @vite-ignore */ file);
}

const { monthlyCost, prices } = await load<Formula>("cost.js");
const { loads } = await load<{ loads: Readonly<Record<string, object>> }>("loads.js");

const inWords = (count: number): string => Math.round(count).toLocaleString("en-US");

test("the table has the cost of each load", () => {
  const rows = [...PAGE.matchAll(/^\| [^|]+ \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| (\$[\d.]+) \|$/gm)];
  const computed = Object.values(loads).map((each) => {
    const { workerRequests, requests, gbSeconds, rows, total } = monthlyCost(each);
    return [...[workerRequests, requests, gbSeconds, rows].map(inWords), `$${total.toFixed(2)}`];
  });
  expect(computed.length).toBeGreaterThan(5);
  expect(rows.map(([, ...cells]) => cells)).toStrictEqual(computed);
});

/** What `wamp.edge.stats` counts in 30 days of a load of `cost.js`. */
function statsOf(load: {
  connections: number;
  messages: number;
  events: number;
  calls: number;
  stored: number;
}): Stats {
  const { connections, messages, events, calls, stored } = load;
  return {
    since: "2026-11-01T00:00:00.000Z",
    time: "2026-12-01T00:00:00.000Z",
    messages: { received: { CALL: calls, PUBLISH: messages - calls }, sent: { EVENT: events - calls, RESULT: calls } },
    frames_received: messages,
    rows_written: stored,
    logins: { ticket: { admitted: connections, refused: 0 } },
  } as unknown as Stats;
}

test.each([
  ["a quiet realm", { connections: 600, messages: 90_000, events: 1_000_000, calls: 50_000, stored: 2_000 }],
  ["a realm that is always awake", { connections: 6_000, messages: 5e8, events: 7e8, calls: 1e8, stored: 3e7 }],
  ["a realm without calls", { connections: 10, messages: 4e6, events: 9e7, calls: 0, stored: 0 }],
])("the console's estimate for a day is a thirtieth of the formula's month: %s", (_, load) => {
  const changes = load.connections + load.calls + load.stored;
  const used = monthlyCost({ ...load, changes });
  const units = ["workerRequests", "requests", "gbSeconds", "rows"] as const;
  const items = dailyCost(statsOf(load));
  expect(items.map(({ dollarsPerMillion }) => dollarsPerMillion)).toEqual(
    units.map((unit) => prices[unit]!.perMillion),
  );
  for (const [index, unit] of units.entries()) {
    const { count, dollars } = items[index]!;
    expect(count * 30).toBeCloseTo(used[unit], 3);
    expect(dollars * 30).toBeCloseTo((used[unit] / 1e6) * prices[unit]!.perMillion, 3);
  }
});

test("an empty account costs the plan", () => {
  expect(monthlyCost({})).toMatchObject({ requests: 0, gbSeconds: 0, total: 5 });
});

test("the sentences about one busy realm, the free plan and retained events agree with the formula", () => {
  const day = 24 * 3600;
  const { gbSeconds } = monthlyCost({ awake: 30 * day });
  const busy = (gbSeconds / 1e6) * prices.gbSeconds!.perMillion;
  expect(PAGE).toContain(`at most $${busy.toFixed(2)} a month`);
  expect(PAGE).toContain(`${inWords(gbSeconds)} GB-s`);
  expect(PAGE).toContain(`awake all day takes ${inWords(monthlyCost({ awake: day }).gbSeconds)} GB-s`);
  // A message of a client is a twentieth of a request.
  const ratio = prices.rows!.perMillion / (prices.requests!.perMillion / 20);
  expect(PAGE).toContain(`as much as ${Math.floor(ratio / 10) * 10} messages`);
});
