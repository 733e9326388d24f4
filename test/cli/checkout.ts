/** Copies the project, for tests that change its files. */

import { cpSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname, "../..");

/** Copies the files that the commands need; `files` (path → text) replace those of the project. Returns the folder. */
export function checkOut(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  for (const name of ["src", "wrangler.toml", "package.json", "tsconfig.json"]) {
    cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}
