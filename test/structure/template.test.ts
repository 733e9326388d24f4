/**
 * `template` is the project that `wamp-edge init` writes, and the repository deploys its twin: what a user runs is what
 * the tests of this repository run.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VERSION } from "../../src/public/config.ts";

const ROOT = join(import.meta.dirname, "../..");
const REPOSITORY = JSON.parse(read("package.json"));
const TEMPLATE = JSON.parse(read("template/package.json"));

/** Modules that the template imports by other names. */
const NAMES = { "./public/worker.ts": "wamp-edge/worker", "./config.ts": "./realm.ts" };

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The lines in one order, because the formatter sorts imports by the names of their modules. */
function sortedLines(source: string): string[] {
  const text = Object.entries(NAMES).reduce((text, [from, to]) => text.replaceAll(from, to), source);
  return text.split("\n").sort();
}

/** The settings of wrangler.toml as lines, without comments and without the Worker's name. */
function settings(path: string): string[] {
  const lines = read(path).split("\n");
  return lines.filter((line, index) => line !== "" && !line.startsWith("#") && !(index === 0 && /^name = /.test(line)));
}

describe("the template", () => {
  test("has the main module of the repository", () => {
    expect(sortedLines(read("template/src/index.ts"))).toEqual(sortedLines(read("src/index.ts")));
  });

  test("has every setting of the repository's wrangler.toml, and no other", () => {
    expect(settings("template/wrangler.toml")).toEqual(settings("wrangler.toml"));
  });

  test("depends on this version of the router, and on the tools that test it", () => {
    expect(TEMPLATE.dependencies).toEqual({ "wamp-edge": `^${VERSION}` });
    const tools = Object.keys(TEMPLATE.devDependencies);
    expect(TEMPLATE.devDependencies).toEqual(
      Object.fromEntries(tools.map((name) => [name, `^${REPOSITORY.devDependencies[name]}`])),
    );
  });

  test("wants the Node that its tools want", () => {
    const { engines } = JSON.parse(read("node_modules/wrangler/package.json"));
    expect(TEMPLATE.engines).toEqual(engines);
  });

  test("links to pages of the documentation that exist", () => {
    const base = /https:\/\/github\.com\/wamp-edge\/wamp-edge\/blob\/main\/(\S+?)(?=[)#])/g;
    const links = [...read("template/README.md").matchAll(base)].map(([, path = ""]) => path);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(() => read(link)).not.toThrow();
  });
});

test("docs/upgrading.md shows every setting that a project's wrangler.toml needs", () => {
  const shown = /```toml wrangler\.toml\n(.*?)```/s.exec(read("docs/upgrading.md"))?.[1]?.split("\n") ?? [];
  const needed = settings("template/wrangler.toml");
  // What stands before the bindings and is not about compatibility is a matter of taste.
  const first = needed.indexOf("[[durable_objects.bindings]]");
  const compatibility = needed.filter((line) => line.startsWith("compatibility_"));
  expect(shown.filter((line) => line !== "")).toEqual([...compatibility, ...needed.slice(first)]);
});

test("the button in both READMEs deploys the template from the repository", () => {
  const button =
    "[![Deploy to Cloudflare](https://deploy.workers.cloudflare.com/button)]" +
    "(https://deploy.workers.cloudflare.com/?url=https://github.com/wamp-edge/wamp-edge/tree/main/template)";
  for (const readme of ["README.md", "template/README.md"]) expect(read(readme)).toContain(button);
});
