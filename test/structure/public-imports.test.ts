/**
 * Examples and code blocks of the documentation import the router by the names of the package, so that its files may
 * move.
 */

import { globSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
/** Files of `src` that others may import by path: those that a deployer edits. Public entries have names of the package. */
const IMPORTABLE = /^src\/(index|config|components)\.ts$/;
const IMPORT = /(?:\bfrom|\bimport\(?)\s*"(\.[^"]+)"/g;

const examples = globSync("examples/**/*.ts", { cwd: PROJECT });
const documents = globSync(["README.md", "docs/*.md"], { cwd: PROJECT });

test.each(examples)("%s imports public files of the router only", (path) => {
  const folder = join(PROJECT, path, "..");
  expect(routerImports(read(path), folder).filter((target) => !IMPORTABLE.test(target))).toEqual([]);
});

// A TypeScript block is a file of `src`, where the deployer's files are.
test.each(documents)("code blocks of %s import public files of the router only", (path) => {
  const blocks = [...read(path).matchAll(/^```ts\b.*\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  const targets = blocks.flatMap((text) => routerImports(text, join(PROJECT, "src")));
  expect(targets.filter((target) => !IMPORTABLE.test(target) && !isSample(target))).toEqual([]);
});

/** Paths below `src`, from the project's root, that `text` imports where it stands in `folder`. */
function routerImports(text: string, folder: string): string[] {
  const targets = [...text.matchAll(IMPORT)].map(([, path = ""]) => relative(PROJECT, resolve(folder, path)));
  return targets.filter((path) => path.startsWith("src/"));
}

/** Whether a path is a file that another block of the documentation shows, beside the deployer's files or in a project. */
function isSample(path: string): boolean {
  const block = new RegExp(`^\`\`\`ts (?:\\w+/)?src/${RegExp.escape(relative("src", path))}$`, "m");
  return documents.some((document) => block.test(read(document)));
}

function read(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}
