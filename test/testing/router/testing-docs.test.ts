/** The sections of docs/testing.md about routers: each block is a file of `test/testing/shop`, and each of its tests runs. */

import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

const PROJECT = join(import.meta.dirname, "../../..");
const SHOP = join(PROJECT, "test/testing/shop");
const PAGE = readFileSync(join(PROJECT, "docs/testing.md"), "utf8");

/** Path below the project of the page → text. */
const blocks = new Map(
  Array.from(PAGE.matchAll(/^```\w+ shop\/(\S+)\n([\s\S]*?)^```$/gm), ([, path = "", text = ""]) => [path, text]),
);

// As a test of that project runs, which has its settings in the working directory.
const former = process.cwd();
process.chdir(SHOP);
afterAll(() => process.chdir(former));

it.each([...blocks.keys()])("%s is as the page shows it", (path) => {
  expect(readFileSync(join(SHOP, path), "utf8")).toBe(blocks.get(path));
});

const tests = [...blocks.keys()].filter((path) => path.startsWith("test/node/"));
for (const path of tests) {
  describe(path, async () => {
    await import(join(SHOP, path));
  });
}

it("shows tests in memory, in workerd and in the Workers runtime", () => {
  expect(tests).toEqual(["test/node/router.test.ts", "test/node/orders.test.ts"]);
  // `npx vitest run --project app` runs it.
  expect([...blocks.keys()]).toContain("test/workers/shop.test.ts");
});

// Skipped without Python.
it.skipIf(!hasPython())("a program in Python starts a router and stops it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // The package is not installed here, and npx would ask the registry.
  const program = join(PROJECT, "src/cli/wamp-edge.ts");
  writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(folder, "npx"), 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const { stdout } = await promisify(execFile)("python3", [join(SHOP, "test/router.py")], { cwd: SHOP, env });
  const [, url, health] = /^WebSocket clients connect to ws:\/\/(127\.0\.0\.1:\d+)\/ws\/shop\n(.+)\n$/.exec(stdout)!;
  expect(JSON.parse(health!)).toEqual({ status: "ok" });
  await expect(fetch(`http://${url}/healthz`)).rejects.toThrow("fetch failed");
});

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
