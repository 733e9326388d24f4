/** Bundles that were made before. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { copyBundle } from "../../../src/cli/project/bundle.ts";
import { UserError } from "../../../src/cli/project/user-error.ts";
import { scratchDirectory } from "../served.ts";

it("a bundle is copied with all its modules", () => {
  const [source, folder] = [scratchDirectory(), scratchDirectory()];
  writeFileSync(join(source, "index.js"), "export {};");
  mkdirSync(join(source, "pages"));
  writeFileSync(join(source, "pages/page.html"), "<p>");
  copyBundle(source, folder);
  expect(readFileSync(join(folder, "pages/page.html"), "utf8")).toBe("<p>");
});

it("a folder without a bundle is refused with the command that makes one", () => {
  const folder = scratchDirectory();
  expect(() => copyBundle(folder, scratchDirectory())).toThrow(
    new UserError(
      `WAMP_BUNDLE: ${folder} holds no index.js; npx wrangler deploy --dry-run --outdir ${folder} makes it`,
    ),
  );
});
