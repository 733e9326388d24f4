/** docs/costs.md: the table of loads has the figures that the functions of the page compute. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

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
