/** The conformance checklist: which titles prove an item, and the page that is generated from both. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findTitles, isOpen, joinProofs, PAGE, parseItems, readChecklist } from "../checklist.ts";
import { formatConformancePage } from "../conformance-page.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** Ids in brackets, joined here so that this file itself proves no item. */
const [ONE, TWO, RAW_SOCKET] = ["XX-01", "XX-02", "RS-01"].map((id) => `[${id}]`);

const idsIn = (source: string) => findTitles("a.test.ts", source).flatMap(({ ids }) => ids);

describe("a title", () => {
  it.each([
    ["of a test", `it("does ${ONE}", () => {`],
    ["of a suite", `describe('does ${ONE}', () => {`],
    ["after a table", `])("%s does ${ONE}", (value) => {`],
    ["in a table", `    ["a row ${ONE}", 1, "other"],`],
    ["in a template", `test(\`\${name} does ${ONE}\`, () => {`],
    ["with quotes", `test("it's \\"so\\" ${ONE}", () => {`],
  ])("counts where it stands %s", (_, source) => {
    expect(idsIn(source)).toStrictEqual(["XX-01"]);
  });

  it("may carry several ids and ids of decisions, which are not items", () => {
    expect(idsIn(`it("${ONE}${TWO} and ${["D", "9"].join("-")}", f)`)).toStrictEqual(["XX-01", "XX-02"]);
    expect(idsIn(`it("${ONE}[${["D", "9"].join("-")}]", f)`)).toStrictEqual(["XX-01"]);
  });

  it.each([`// it("${ONE}")`, ` * "${ONE}"`, `const list = ${ONE};`])("is not %s", (source) => {
    expect(idsIn(source)).toStrictEqual([]);
  });

  it.each([
    [`it.skip("${ONE}", f)`, true],
    [`test.todo("${ONE}")`, true],
    [`describe.skip("all", () => {\n  it("${ONE}", f)`, true],
    [`describe.each("${ONE}", f)`, false],
    [`it("${ONE}", f)`, false],
  ])("in %j is skipped: %s", (source, isSkipped) => {
    expect(findTitles("a.test.ts", source)).toMatchObject([{ ids: ["XX-01"], isSkipped }]);
  });
});

describe("an item", () => {
  const items = parseItems(
    "id\tlevel\tstatus\tsection\tsentence\nXX-01\tM\tbasic\nXX-02\tO\talpha\nRS-01\tM\tstable\tHandshake\tSays so.\n",
  );

  it("is open until a test that runs carries its id", () => {
    const skipped = joinProofs(items, findTitles("a.test.ts", `it.skip("${ONE}", f)`));
    const proven = joinProofs(items, findTitles("a.test.ts", `it("${ONE}", f)`));
    expect(skipped.filter(isOpen).map(({ id }) => id)).toStrictEqual(["XX-01", "XX-02"]);
    expect(proven.filter(isOpen).map(({ id }) => id)).toStrictEqual(["XX-02"]);
  });

  it("is never open when it is out of scope, even if a test proves it", () => {
    const [row] = joinProofs(items.slice(2), findTitles("a.test.ts", `it("${RAW_SOCKET}", f)`));
    expect(row).toMatchObject({
      id: "RS-01",
      level: "M",
      status: "stable",
      section: "Handshake",
      sentence: "Says so.",
      proofs: [{ file: "a.test.ts" }],
    });
    expect(
      joinProofs(items, [])
        .filter(isOpen)
        .map(({ id }) => id),
    ).not.toContain("RS-01");
  });
});

describe("docs/conformance.md", () => {
  const { rows, titles, decisions } = readChecklist();

  it("is what the generator writes", () => {
    const isCurrent = readFileSync(PAGE, "utf8") === formatConformancePage(rows, decisions);
    expect(isCurrent, "docs/conformance.md is out of date: run `npm run checklist -- --write` and commit it").toBe(
      true,
    );
  });

  it("has a section and a sentence for every item, and a test or a reason", () => {
    const incomplete = rows.filter((row) => row.section === "" || !/^[^|]+\.$/.test(row.sentence) || isOpen(row));
    expect(incomplete.map(({ id }) => id)).toEqual([]);
  });

  it("has every id that a test title carries", () => {
    const known = new Set(rows.map(({ id }) => id));
    const unknown = titles.filter(({ ids }) => ids.some((id) => !known.has(id)));
    expect(unknown.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  it("defines every decision that sources and tests name", () => {
    const defined = new Set(decisions.map(({ id }) => id));
    const named = ["src", "test"].flatMap((folder) => {
      const files = readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" });
      const sources = files.filter((file) => file.endsWith(".ts"));
      return sources.flatMap((file) => readFileSync(join(PROJECT, folder, file), "utf8").match(/\bD-\d\d\b/g) ?? []);
    });
    expect([...new Set(named)].filter((id) => !defined.has(id))).toEqual([]);
  });
});
