/** The table of log events in docs/monitoring.md equals the events in the source. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Event → levels of its lines, as in the table. */
const TABLE = new Map(
  Array.from(read("docs/monitoring.md").matchAll(/^\| `([a-z]+\.[a-z_]+)` \| ([^|]+) \|/gm), ([, event, levels]) => [
    event!,
    levels!.trim().split(", "),
  ]),
);

/** All sources of the router; commands write to a terminal instead of the log. */
const SOURCES = ["src/wamp", "src/worker"].flatMap((folder) => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
});

function read(path: string): string {
  return readFileSync(path, "utf8");
}

test("the table has every event of the source with its level, and no other event", () => {
  const lines = SOURCES.flatMap((path) => [
    ...read(path).matchAll(/(?:level: "([a-z]+)"|\blevel),\s+event: "([^"]+)"/g),
  ]);
  const used = new Map(lines.map(([, , event]) => [event!, true]));
  expect([...TABLE.keys()].filter((event) => !used.has(event))).toStrictEqual([]);
  expect([...used.keys()].filter((event) => !TABLE.has(event))).toStrictEqual([]);
  for (const [, level, event] of lines) if (level !== undefined) expect(TABLE.get(event!)).toContain(level);
});

test("every line has its event next to its level, where this test finds it", () => {
  for (const path of SOURCES) {
    const text = read(path);
    const events = text.match(/\bevent: "/g)?.length ?? 0;
    const found = text.match(/\blevel(?:: "[a-z]+")?,\s+event: "/g)?.length ?? 0;
    expect([path, found]).toStrictEqual([path, events]);
  }
});

test("the table is in alphabetical order", () => {
  expect([...TABLE.keys()]).toStrictEqual([...TABLE.keys()].sort());
});

test("the router writes to the console in one place", () => {
  const others = SOURCES.filter((path) => /(?<![/-])\bconsole(?:\[|\.[a-z])/.test(read(path)));
  expect(others).toStrictEqual(["src/worker/platform/log.ts"]);
});
