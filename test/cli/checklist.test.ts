/** What counts as proof of a checklist item. */

import { describe, expect, it } from "vitest";
import { isOpen, itemsIn, rowsOf, titlesIn } from "../checklist.ts";

/** Ids in brackets, put together here so that this file proves nothing by itself. */
const [ONE, TWO, RAW_SOCKET] = ["XX-01", "XX-02", "RS-01"].map((id) => `[${id}]`);

const idsIn = (source: string) => titlesIn("a.test.ts", source).flatMap(({ ids }) => ids);

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

  it("may carry several ids, and decisions, which are not items", () => {
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
    expect(titlesIn("a.test.ts", source)).toMatchObject([{ ids: ["XX-01"], isSkipped }]);
  });
});

describe("an item", () => {
  const items = itemsIn("id\tlevel\tstatus\nXX-01\tM\tbasic\nXX-02\tO\talpha\nRS-01\tM\tstable\n");

  it("is open until a test that runs carries its id", () => {
    const skipped = rowsOf(items, titlesIn("a.test.ts", `it.skip("${ONE}", f)`));
    const proven = rowsOf(items, titlesIn("a.test.ts", `it("${ONE}", f)`));
    expect(skipped.filter(isOpen).map(({ id }) => id)).toStrictEqual(["XX-01", "XX-02"]);
    expect(proven.filter(isOpen).map(({ id }) => id)).toStrictEqual(["XX-02"]);
  });

  it("is never open when it is out of scope, though a test may prove it", () => {
    const [row] = rowsOf(items.slice(2), titlesIn("a.test.ts", `it("${RAW_SOCKET}", f)`));
    expect(row).toMatchObject({ id: "RS-01", level: "M", status: "stable", proofs: [{ file: "a.test.ts" }] });
    expect(
      rowsOf(items, [])
        .filter(isOpen)
        .map(({ id }) => id),
    ).not.toContain("RS-01");
  });
});
