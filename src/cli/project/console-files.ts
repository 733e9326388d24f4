/** The files of the console, which a build makes and the Worker imports. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./user-error.ts";

/** Their names, in `worker/web` of the sources and of the package. */
export const CONSOLE_FILES = ["console-script.bin", "console-style.bin"] as const;

/** Throws UserError where one is missing, as in a clone without `npm ci`; a bundler would report its own stack. */
export function requireConsoleFiles(folder: string = join(import.meta.dirname, "../../worker/web")): void {
  for (const name of CONSOLE_FILES) {
    if (!existsSync(join(folder, name))) {
      throw new UserError(`${join(folder, name)} is missing: run "npm run build:console"`);
    }
  }
}
