/** docs/coming-from-crossbar.md says what is so: its example is imported, and every page leads where it says. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { summaryOf } from "../../src/cli/crossbar/import-summary.ts";
import { loadConfig } from "../../src/worker/config/config.ts";

const PROJECT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(PROJECT, "docs/coming-from-crossbar.md"), "utf8");

/** The text of the one block of that kind. */
function block(head: string): string {
  const [, text = ""] = new RegExp(`\`\`\`${head}\n(.+?)\`\`\``, "s").exec(PAGE) ?? [];
  return text;
}

test("what comes out of the example is what stands there", () => {
  const imported = importCrossbar(JSON.parse(block("json crossbar")), { hasPlainSecrets: false });
  const { config } = imported;
  expect(config).toEqual(JSON.parse(block("json wamp-edge")));
  expect(summaryOf(imported)).toBe(block("text"));
  const env = { SHOP_TICKET: "a", PUSH_SECRET: "b" };
  expect(loadConfig({ module: config, env, isDevelopment: false })).toMatchObject({ ok: true });
});

const PAGES = ["README.md", ...readdirSync(join(PROJECT, "docs")).map((name) => `docs/${name}`)];

test.each(PAGES)("every link of %s leads to a file, and to a heading there", (page) => {
  const links = [...readFileSync(join(PROJECT, page), "utf8").matchAll(/\]\((?!https?:)([^)\s]+)\)/g)];
  const broken = links.flatMap(([, link = ""]) => {
    const [path = "", heading] = link.split("#");
    const file = path === "" ? join(PROJECT, page) : join(PROJECT, dirname(page), path);
    if (!existsSync(file)) return [link];
    return heading === undefined || headingsOf(file).includes(heading) ? [] : [link];
  });
  expect(broken).toEqual([]);
});

/** Headings as they are named in links. */
function headingsOf(file: string): string[] {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm);
  return Array.from(headings, ([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
