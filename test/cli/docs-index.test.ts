/** docs/README.md lists every page, and llms.txt is made from it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(PROJECT, path), "utf8");
const [, topics = ""] = read("docs/README.md").split("\n## Pages\n");
const PAGES = Array.from(topics.matchAll(/^- \[.+?\]\((.+?)\): .+$/gm), ([, page]) => page);

test("docs/README.md has one line for each page", () => {
  const pages = readdirSync(join(PROJECT, "docs")).filter((name) => name.endsWith(".md") && name !== "README.md");
  expect(PAGES.toSorted()).toEqual(pages.toSorted());
});

// After a change of docs/README.md: npx vitest run --project cli test/cli/docs-index.test.ts -u
test("llms.txt has the title, the summary and the pages", async () => {
  const [, summary = ""] = read("README.md").split("\n\n");
  const text = [
    "# wamp-edge",
    `> ${summary.replaceAll("\n", " ").replace(/\[(.+?)\]\(.+?\)/g, "$1")}`,
    "Addresses are relative to this file. `docs/README.md` answers questions; `README.md` has the first five minutes.",
    topics.trim().replace(/^### /gm, "## ").replace(/\]\(/g, "](docs/"),
  ];
  await expect(`${text.join("\n\n")}\n`).toMatchFileSnapshot(join(PROJECT, "llms.txt"));
});

test("README.md names the index", () => {
  expect(read("README.md")).toContain("](docs/README.md)");
});
