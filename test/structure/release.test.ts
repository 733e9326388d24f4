/** What a release says about itself: one version, one repository. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VERSION } from "../../src/public/config.ts";

const PROJECT = join(import.meta.dirname, "../..");
const manifest = JSON.parse(read("package.json")) as {
  readonly version: string;
  readonly repository: { readonly url: string };
  readonly homepage: string;
  readonly bugs: string;
};
const repository = manifest.repository.url.replace(/^git\+|\.git$/g, "");

test("VERSION is that of package.json, and a heading of the changelog", () => {
  expect(manifest.version).toBe(VERSION);
  expect(read("CHANGELOG.md")).toMatch(new RegExp(`^## \\[${VERSION.replaceAll(".", "\\.")}\\]`, "m"));
});

test("every link to the project's repository has the URL of package.json", () => {
  const files = globSync(["*.md", "docs/**/*.{md,txt}", "{src,template,examples}/**/*.{ts,md,json,toml}"], {
    cwd: PROJECT,
  });
  const links = ["package.json", ...files].flatMap((file) =>
    Array.from(read(file).matchAll(/https:\/\/github\.com\/[\w.-]+\/wamp-edge\b/g), ([link]) => ({ file, link })),
  );
  expect(links.filter(({ link }) => link !== repository)).toEqual([]);
  expect([manifest.homepage, manifest.bugs]).toEqual([`${repository}#readme`, `${repository}/issues`]);
});

function read(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}
