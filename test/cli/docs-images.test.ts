/** Pictures of the documentation (`npm run screenshots`): each that a page names exists, and each is named. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const IMAGES = "docs/images";
const PAGES = [
  "README.md",
  ...readdirSync(join(PROJECT, "docs"))
    .filter(isPage)
    .map((name) => `docs/${name}`),
];

/** Bytes of all pictures: each clone of the repository has them. */
const MOST_BYTES = 1_500_000;

function isPage(name: string): boolean {
  return name.endsWith(".md");
}

/** Paths of the pictures that a page shows, relative to the project. */
function imagesOf(page: string): string[] {
  const text = readFileSync(join(PROJECT, page), "utf8");
  const paths = text.matchAll(/(?:src|srcset)="([^":]+\.png)"|!\[[^\]]*\]\(([^):]+)\)/g);
  return Array.from(paths, ([, html, markdown]) => join(dirname(page), html ?? markdown ?? ""));
}

const shown = new Set(PAGES.flatMap(imagesOf));
const made = readdirSync(join(PROJECT, IMAGES)).map((name) => `${IMAGES}/${name}`);

test("each picture that a page shows exists, and each picture is shown", () => {
  expect([...shown].toSorted()).toEqual(made.toSorted());
});

test("each picture has one for the other theme", () => {
  const others = made.map((path) => path.replace(/(light|dark)\.png$/, (_, theme) => `${OTHER[theme]}.png`));
  expect(others.toSorted()).toEqual(made.toSorted());
});

const OTHER: Readonly<Record<string, string>> = { light: "dark", dark: "light" };

test("the pictures are small, and not part of the package", () => {
  const bytes = made.reduce((sum, path) => sum + statSync(join(PROJECT, path)).size, 0);
  expect(bytes).toBeLessThan(MOST_BYTES);
  const { files } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { files: string[] };
  expect(files.filter((path) => !relative(path, IMAGES).startsWith(".."))).toEqual([]);
});
