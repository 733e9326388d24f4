/** Reads files that the user of a command names. */

import { readFileSync } from "node:fs";
import { UserError } from "./user-error.ts";

/** Returns the text of `file`; throws UserError when it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
