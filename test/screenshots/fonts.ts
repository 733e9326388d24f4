/** Fonts of the pictures: Open Sans, which comes with the browser, in place of what a machine happens to have. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The package of the browser unpacks Open Sans there; the other folder is for a monospaced font. */
const FOLDERS = [join(tmpdir(), "fonts"), "/usr/share/fonts"];

const FAMILIES = { "system-ui": "Open Sans", "sans-serif": "Open Sans", monospace: "DejaVu Sans Mono" };

/** Tells browsers that this process starts which fonts the names of CSS mean. */
export function useFonts(): void {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-fonts-"));
  const aliases = Object.entries(FAMILIES).map(
    ([name, family]) =>
      `<match><test name="family"><string>${name}</string></test><edit name="family" mode="prepend" binding="strong"><string>${family}</string></edit></match>`,
  );
  writeFileSync(
    join(folder, "fonts.conf"),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
      ${FOLDERS.map((each) => `<dir>${each}</dir>`).join("")}<cachedir>${folder}</cachedir>${aliases.join("\n")}</fontconfig>`,
  );
  process.env.FONTCONFIG_FILE = join(folder, "fonts.conf");
}
