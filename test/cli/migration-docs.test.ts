/** The example of docs/coming-from-crossbar.md, imported by `wamp-config import`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { formatSummary } from "../../src/cli/crossbar/import-summary.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";

const PROJECT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(PROJECT, "docs/coming-from-crossbar.md"), "utf8");

/** The text of the one code block with this head. */
function block(head: string): string {
  const [, text = ""] = new RegExp(`\`\`\`${head}\n(.+?)\`\`\``, "s").exec(PAGE) ?? [];
  return text;
}

test("the importer turns the example into the configuration and the summary of the page", () => {
  const imported = importCrossbar(JSON.parse(block("json crossbar")), { hasPlainSecrets: false });
  const { config } = imported;
  expect(config).toEqual(JSON.parse(block("json wamp-edge")));
  expect(formatSummary(imported)).toBe(block("text"));
  const env = { SHOP_TICKET: "a", PUSH_SECRET: "b" };
  expect(loadConfig({ module: config, env, isDevelopment: false })).toMatchObject({ ok: true });
});
