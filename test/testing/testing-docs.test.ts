/** Runs the code blocks of docs/testing.md about testRealm: tests of Vitest here, those of Node in a process of their own. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(PROJECT, "docs/testing.md"), "utf8");
/** Below the project, so that the names of the package lead to its sources. */
const cache = join(PROJECT, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "testing-docs-"));

const blocks = Array.from(
  PAGE.matchAll(/^```ts ((?:src|test)\/\S+)\n([\s\S]*?)^```$/gm),
  ([, path = "", text = ""]) => {
    return { path, text };
  },
);
writeBlocks(directory, (text) => text);

afterAll(() => rmSync(directory, { recursive: true }));

const tests = blocks.filter(({ path }) => path.endsWith(".test.ts"));

test("the page opens with a test of at most ten lines", () => {
  expect(tests[0]!.text.split("\n").length - 1).toBeLessThanOrEqual(10);
});

for (const { path } of tests) {
  describe(path, async () => {
    await import(join(directory, path));
  });
}

test.each(blocks.filter(({ path }) => path.endsWith(".node.ts")))("$path passes in plain Node", ({ path }) => {
  // Node takes no TypeScript from below node_modules.
  const folder = mkdtempSync(join(tmpdir(), "testing-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeBlocks(folder, withSources);
  const output = execFileSync(process.execPath, ["--test", "--test-reporter=tap", join(folder, path)], {
    encoding: "utf8",
  });
  expect(output).toContain("# pass 1");
});

/** Writes each block to its path below a folder. */
function writeBlocks(folder: string, change: (text: string) => string): void {
  for (const { path, text } of blocks) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), change(text));
  }
}

/** The names of the package replaced by its sources, which Node runs without a build. */
function withSources(text: string): string {
  return text
    .replaceAll('"wamp-edge"', `"${PROJECT}/src/public/config.ts"`)
    .replaceAll(/"wamp-edge\/(\w+)"/g, `"${PROJECT}/src/public/$1.ts"`);
}
