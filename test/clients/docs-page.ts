/** Code blocks of a documentation page, and programs made from them. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");

/** The code blocks of one page. */
export interface DocsPage {
  /** "language name" → text, in the order of the page. */
  readonly blocks: ReadonlyMap<string, string>;
  /** The text of one block; throws if the page has it not. */
  block(head: string): string;
}

/** Reads a page of docs/. */
export function readPage(name: string): DocsPage {
  const text = readFileSync(join(PROJECT, "docs", name), "utf8");
  const found = Array.from(text.matchAll(/^```(\w+ .+)\n([\s\S]*?)^```$/gm), ([, head = "", code = ""]) => [
    head,
    code,
  ]);
  const blocks = new Map(found as [string, string][]);
  const block = (head: string) => {
    const code = blocks.get(head);
    if (code === undefined) throw new Error(`no block ${head} in docs/${name}`);
    return code;
  };
  return { blocks, block };
}

/** Writes files to a new folder from which programs find the project's packages; the caller removes it. */
export function writeFolder(files: Readonly<Record<string, string>>): string {
  const cache = join(PROJECT, ".wrangler/docs");
  mkdirSync(cache, { recursive: true });
  const path = mkdtempSync(join(cache, "page-"));
  for (const [name, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** Imports a program in this process, beside the other files; they are removed with the test. */
export async function importProgram(file: string, files: Readonly<Record<string, string>>) {
  const path = writeFolder(files);
  onTestFinished(() => rmSync(path, { recursive: true }));
  return import(pathToFileURL(join(path, file)).href);
}
