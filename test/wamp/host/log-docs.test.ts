/** The table of events in docs/monitoring.md: what the source logs, and nothing else. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Event → the levels of its lines, as the table has them. */
const TABLE = new Map(
  Array.from(read("docs/monitoring.md").matchAll(/^\| `([a-z]+\.[a-z_]+)` \| ([^|]+) \|/gm), ([, event, levels]) => [
    event!,
    levels!.trim().split(", "),
  ]),
);

/** All sources of the router; commands for a developer's machine have a terminal of their own. */
const SOURCES = ["src/wamp", "src/worker"].flatMap((folder) => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
});

function read(path: string): string {
  return readFileSync(path, "utf8");
}

test("every event in the source stands in the table, with its level, and the table has no other", () => {
  const lines = SOURCES.flatMap((path) => [
    ...read(path).matchAll(/(?:level: "([a-z]+)"|\blevel),\s+event: "([^"]+)"/g),
  ]);
  const used = new Map(lines.map(([, , event]) => [event!, true]));
  expect([...TABLE.keys()].filter((event) => !used.has(event))).toStrictEqual([]);
  expect([...used.keys()].filter((event) => !TABLE.has(event))).toStrictEqual([]);
  for (const [, level, event] of lines) if (level !== undefined) expect(TABLE.get(event!)).toContain(level);
});

test("every line has its event beside its level, where this test finds it", () => {
  for (const path of SOURCES) {
    const text = read(path);
    const events = text.match(/\bevent: "/g)?.length ?? 0;
    const found = text.match(/\blevel(?:: "[a-z]+")?,\s+event: "/g)?.length ?? 0;
    expect([path, found]).toStrictEqual([path, events]);
  }
});

test("the table is in the order of the alphabet", () => {
  expect([...TABLE.keys()]).toStrictEqual([...TABLE.keys()].sort());
});

test("the router writes to the console in one place", () => {
  const others = SOURCES.filter((path) => /\bconsole[.[]/.test(read(path)));
  expect(others).toStrictEqual(["src/worker/platform/log.ts"]);
});
