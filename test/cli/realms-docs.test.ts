/** docs/realms.md: every key of a realm's configuration with its default and its limits. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS, LARGEST_LIMITS } from "../../src/wamp/config/limits.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { workerRealmSchema } from "../../src/worker/config/realm-config.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/realms.md"), "utf8");

/** Keys that other pages describe, with everything below them. */
const ELSEWHERE = [
  "auth",
  "webhooks",
  "webhooks_out",
  "components",
  "callees",
  "roles[].rates",
  "roles[].permissions[].validate",
];

/** The part of a schema that this test reads. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly default?: unknown;
}

/** [path, default] of every key; dicts and lists that have a default of their own are there for what is in them. */
function keysOf(schema: Schema, path: string, fallback?: unknown): [path: string, fallback: string][] {
  if (schema.wrapped !== undefined) return keysOf(schema.wrapped, path, schema.default);
  if (ELSEWHERE.includes(path)) return [[path, "–"]];
  if (schema.entries !== undefined) {
    const inside = Object.entries(schema.entries);
    return inside.flatMap(([key, entry]) => keysOf(entry, path === "" ? key : `${path}.${key}`));
  }
  if (schema.item?.entries !== undefined) return keysOf(schema.item, `${path}[]`);
  return [[path, fallback === undefined ? "–" : `\`${JSON.stringify(fallback).replaceAll('"', "")}\``]];
}

const rows = Array.from(
  PAGE.matchAll(/^\| `([\w[\].-]+)` \| ([^|]+) \|(?: (\d+) \|)?/gm),
  ([, path, fallback, most]) => ({
    path: path!,
    fallback: fallback!,
    most,
  }),
);

test("every key has a row, and every row a key", () => {
  const documented = rows.map(({ path, fallback }) => [path, fallback]);
  expect(documented.sort()).toEqual(keysOf(workerRealmSchema as unknown as Schema, "").sort());
});

test("limits have their maximum", () => {
  const limits = rows.filter(({ path }) => path.startsWith("limits."));
  expect(limits.map(({ path, most }) => [path, Number(most)])).toEqual(
    Object.entries(LARGEST_LIMITS).map(([name, most]) => [`limits.${name}`, most]),
  );
  expect(limits).toHaveLength(Object.keys(DEFAULT_LIMITS).length);
});

test("every example is a valid configuration", () => {
  const examples = Array.from(PAGE.matchAll(/```json\n(.+?)```/gs), ([, text]) => text!);
  expect(examples.length).toBeGreaterThan(0);
  for (const text of examples) {
    expect(loadConfig({ text, module: undefined, env: {}, isDevelopment: false })).toMatchObject({ ok: true });
  }
});
