/** docs/capacity.md: the tables have the figures that the function of the page computes. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/wamp/config/limits.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/capacity.md"), "utf8");

interface Formula {
  readonly MOST: Readonly<Record<string, number>>;
  readonly loads: readonly object[];
  sessionsPerRealm(load: object): { readonly bound: string; readonly sessions: number };
}

/** Loads the JavaScript block of the page as a module. */
async function formula(): Promise<Formula> {
  const text = /^```js capacity.js\n(.+?)^```$/ms.exec(PAGE)![1]!;
  const file = join(mkdtempSync(join(tmpdir(), "capacity-")), "capacity.mjs");
  writeFileSync(file, text);
  return import(/* @vite-ignore */ file);
}

const { MOST, loads, sessionsPerRealm } = await formula();

test("the table has the size of a realm for each load", () => {
  const rows = [...PAGE.matchAll(/^\| [^|]+ \| ([\d,]+) \| (sockets|memory|events sent|messages received) \|$/gm)];
  const computed = loads.map((load) => sessionsPerRealm(load));
  expect(computed.length).toBeGreaterThan(5);
  expect(rows.map(([, sessions, bound]) => ({ bound, sessions: Number(sessions!.replaceAll(",", "")) }))).toStrictEqual(
    computed,
  );
});

test("the function has the limits of the configuration", () => {
  expect(MOST).toMatchObject({ sessions: DEFAULT_LIMITS.sessions, memory: DEFAULT_LIMITS.realm_bytes });
});

test("the last receiver of an event waits for 25 µs of each other", () => {
  const rows = [...PAGE.matchAll(/^\| ([\d,]+) \| (\d+) ms \|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, receivers, wait] of rows) {
    expect([receivers, wait]).toStrictEqual([
      receivers,
      String(Math.round(Number(receivers!.replace(",", "")) * 0.025)),
    ]);
  }
});
