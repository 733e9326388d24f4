/** Text that people read names its subject: no pronoun that leaves open which client, session or program is meant. */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const THIS_FILE = relative(ROOT, import.meta.filename);
/** In upper case `HIS` is the prefix of checklist items. */
const PRONOUN = /\b([Ww]hoever|[Nn]obody|[Ss]omebody|[Ee]verybody|[Hh]e|[Hh]im|[Hh]is)\b/;

/** All texts of the project: sources, tests, pages and tables. */
const FILES = ["src", "bench", "test", "docs"]
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8", withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.(ts|md|tsv|py)$/.test(entry.name))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  .concat("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
  .filter((file) => file !== THIS_FILE);

test("no text has a pronoun in place of its subject", () => {
  const lines = FILES.flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .flatMap((line, index) => (PRONOUN.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(lines).toStrictEqual([]);
});
