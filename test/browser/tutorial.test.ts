/** Puts the application of docs/tutorial.md together, runs its own tests, and uses it in a browser. */

import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import { readPage, writeFolder } from "../clients/docs-page.ts";
import { startBrowser } from "./browser.ts";

const PROJECT = join(import.meta.dirname, "../..");
const { blocks, block } = readPage("tutorial.md");
const read = (path: string) => readFileSync(join(PROJECT, path), "utf8");

/** Files of the page by their paths; `wrangler.toml` is an addition to that of the template. */
const files = Object.fromEntries(
  [...blocks].flatMap(([head, text]) => {
    const path = head.split(" ")[1] ?? "";
    return path.includes(".") && path !== "wrangler.toml" ? [[path, text]] : [];
  }),
);

/** What `wamp-edge init` makes, with the files of the page. */
const directory = writeFolder({
  "src/index.ts": read("template/src/index.ts"),
  ...files,
  "src/realm.ts": `${block("ts src/realm.ts").replace(/\}\);\n$/, "")}${block("ts http")}});\n`,
  "public/autobahn.min.js": readFileSync(
    createRequire(import.meta.url).resolve("autobahn-browser/autobahn.min.js"),
    "utf8",
  ),
  "wrangler.toml": `${read("template/wrangler.toml")}\n${block("toml wrangler.toml")}`,
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("the tests of the page", async () => {
  await import(/* @vite-ignore */ join(directory, "test/app.test.ts"));
});

test("a member logs in and posts, a visitor sees the note at once, and both after the realm was restarted", async () => {
  const vars = { ANN_TICKET: "anns secret", BEN_TICKET: "bens secret" };
  const configPath = relative(PROJECT, join(directory, "wrangler.toml"));
  const server = createTestHarness({ root: PROJECT, workers: [{ configPath, vars }] });
  const browser = await startBrowser();
  try {
    const { url } = await server.listen();
    const [visitor, member] = [await browser.newPage(), await browser.newPage()];
    for (const page of [visitor, member]) {
      await page.goto(url.href);
      await shows(page, "#state", "reading");
    }
    await member.fill("[name=authid]", "ann");
    await member.fill("[name=ticket]", "anns secret");
    await member.locator("#login button").click();
    await shows(member, "#state", "logged in as ann");
    await post(member, "hello");
    await shows(visitor, "#notes li", "ann: hello");

    await server.getWorker("wamp-edge-app").evictDurableObject("RealmObject", { name: "board", webSockets: "close" });
    for (const page of [visitor, member]) await shows(page, "#state", "reconnecting");
    await shows(visitor, "#state", "reading");
    await shows(member, "#state", "logged in as ann");
    await post(member, "again");
    await visitor.locator("#notes li").nth(1).waitFor({ timeout: 10_000 });
    expect(await visitor.locator("#notes li").allTextContents()).toEqual(["ann: again", "ann: hello"]);
  } finally {
    await browser.close();
    await server.close();
  }
});

async function post(page: Page, text: string): Promise<void> {
  await page.fill("[name=text]", text);
  await page.locator("#post button").click();
  await shows(page, "#notes li", `ann: ${text}`);
}

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector, { hasText: text }).waitFor({ timeout: 10_000 });
}
