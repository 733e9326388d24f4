/** The snippets of the landing page are those of README.md and docs/clients.md, which tests run. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PAGE = readFileSync("src/worker/web/landing-page.html", "utf8");
const SNIPPETS = Array.from(
  PAGE.matchAll(/<pre data-from="(\S+) (\w+)"\s*>(.*?)<\/pre\s*>/gs),
  ([, file, language, text]) => ({
    file: file!,
    language: language!,
    text: text!,
  }),
);

test.each(SNIPPETS)("the snippet in $language is one of $file", ({ file, text, language }) => {
  const code = text
    .replaceAll("{{url}}", "ws://127.0.0.1:8787/ws/realm1")
    .replaceAll("{{origin}}", "http://127.0.0.1:8787")
    .replaceAll("{{realm}}", "realm1")
    .replaceAll("&gt;", ">");
  expect(readFileSync(file, "utf8")).toContain(`\`\`\`${language}\n${code}\`\`\``);
});

test("the page has three of them", () => {
  expect(SNIPPETS.map(({ language }) => language)).toEqual(["js", "python", "sh"]);
});
