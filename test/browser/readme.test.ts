/** Runs the callee of README.md and the page of docs/clients.md. */

import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anonymousRealm, type Router, startRouter } from "../clients/harness.ts";
import { servePages, startBrowser } from "./browser.ts";

const ROOT = join(import.meta.dirname, "../..");

let router: Router;
let callee: ChildProcess | undefined;

beforeAll(async () => {
  router = await startRouter({ version: 1, realms: [anonymousRealm("realm1")] });
});

afterAll(async () => {
  callee?.kill();
  await router.close();
});

test("a page in a browser calls a procedure registered from Node", async () => {
  callee = spawn(process.execPath, ["--input-type=module", "-e", await snippet("README.md", "callee.mjs")], {
    cwd: ROOT,
  });
  await firstOutput(callee, "registered");
  const autobahn = createRequire(import.meta.url).resolve("autobahn-browser/autobahn.min.js");
  const pages = await servePages({
    "/page.html": await snippet("docs/clients.md", "page.html"),
    "/autobahn.min.js": await readFile(autobahn, "utf8"),
  });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${pages.origin}/page.html`);
    await page.locator("#sum", { hasText: "42" }).waitFor({ timeout: 10_000 });
    expect(await page.locator("#sum").textContent()).toBe("42");
  } finally {
    await browser.close();
    pages.close();
  }
});

/** Returns the code block that begins with a comment with the file's name, with the URL of this test's router. */
async function snippet(page: string, name: string): Promise<string> {
  const text = await readFile(join(ROOT, page), "utf8");
  const block = text.split("```").find((part) => part.split("\n", 2)[1]?.includes(name));
  if (block === undefined) throw new Error(`${page} has no ${name}`);
  return block.slice(block.indexOf("\n")).replaceAll("ws://127.0.0.1:8787", router.origin);
}

/** Resolves when the program prints `expected`; rejects with its first error output. */
function firstOutput(child: ChildProcess, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (text) => String(text).includes(expected) && resolve());
    child.stderr?.on("data", (text) => reject(new Error(String(text))));
  });
}
