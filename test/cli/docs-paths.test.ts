/** Paths, links, headings and function names in the documentation: each must exist in the repository. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const PAGES = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md"],
  ...readdirSync(join(PROJECT, "docs"))
    .filter((name) => name !== "images")
    .map((name) => `docs/${name}`),
];
const SOURCES = filesIn("src");
const ARCHITECTURE = read("docs/architecture.md");

function read(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}

function isThere(path: string): boolean {
  return existsSync(join(PROJECT, path));
}

/** Paths of all files below a folder, relative to the project. */
function filesIn(folder: string): string[] {
  const names = readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" });
  return names.map((name) => `${folder}/${name}`).filter((path) => statSync(join(PROJECT, path)).isFile());
}

/** Headings of a page, as links name them. */
function headingsOf(path: string): string[] {
  return Array.from(read(path).matchAll(/^#+ (.+)$/gm), ([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(PAGES)("%s", (page) => {
  const text = read(page);

  test("links to pages and headings that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)];
    const broken = links.flatMap(([, link = ""]) => {
      const [path = "", heading] = link.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (!isThere(file)) return [link];
      return heading === undefined || headingsOf(file).includes(heading) ? [] : [link];
    });
    expect(broken).toEqual([]);
  });

  /** Whether a code block of the page is that file. */
  const isShown = (path: string): boolean => text.includes(`\`\`\`ts ${path}\n`);

  test("names files and folders that exist", () => {
    const paths = text.matchAll(/(?<![\w/.-])(?:src|test|docs|examples)\/[\w/.-]*\w/g);
    expect(
      [...new Set(Array.from(paths, ([path]) => path))].filter((path) => !isNamedFile(path) && !isShown(path)),
    ).toEqual([]);
  });

  test("imports modules that exist", () => {
    const imports = [...text.matchAll(/from "\.\/((?:public|wamp|worker)\/[^"]+)"/g)];
    expect(imports.map(([, path]) => path).filter((path) => !isThere(`src/${path}`))).toEqual([]);
  });
});

/** Files of a user's own project: those whose code a page has, and those of the template. */
const TO_WRITE = new Set(
  PAGES.flatMap((page) => Array.from(read(page).matchAll(/^```\w+ ((?:src|test)\/\S+)$/gm), ([, path]) => path)),
);

function isNamedFile(path: string): boolean {
  return isThere(path) || TO_WRITE.has(path) || isThere(`template/${path}`);
}

test("README.md has at most 150 lines", () => expect(read("README.md").split("\n").length).toBeLessThanOrEqual(151));

test("sources name pages and headings that exist", () => {
  const broken = SOURCES.flatMap((source) =>
    [...read(source).matchAll(/docs\/[\w-]+\.md(?:#([\w-]+))?/g)].flatMap(([link, heading]) => {
      const [page = ""] = link.split("#");
      const isSound = isThere(page) && (heading === undefined || headingsOf(page).includes(heading));
      return isSound ? [] : [`${source}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

describe("docs/architecture.md", () => {
  /** Lines of the tree: a folder ends with a slash, a file stands below its folder. */
  const lines = /```text tree\n(.+?)```/s.exec(ARCHITECTURE)![1]!.trim().split("\n");
  let folder = "";
  const paths = lines.map((line) => {
    const name = line.trim().split(" ", 1)[0]!;
    if (!name.endsWith("/")) return `${folder}${name}`;
    folder = name;
    return folder.slice(0, -1);
  });

  test("has a tree of folders and files that exist", () => {
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  test("has every folder that holds sources", () => {
    const folders = new Set(SOURCES.map((path) => dirname(path)));
    expect([...folders].filter((path) => !paths.includes(path))).toEqual([]);
  });

  test("names functions that stand in the file beside them", () => {
    const rows = [...ARCHITECTURE.matchAll(/`(\w+(?:\.#?\w+)?)` \| `(src\/[^`]+)`/g)];
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.filter(([, name = "", path = ""]) => {
      const text = isThere(path) ? read(path) : "";
      return name.split(".").some((part) => !text.includes(part));
    });
    expect(missing.map(([row]) => row)).toEqual([]);
  });
});
