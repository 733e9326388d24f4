/** Creates folders. */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder, and those above it that do not exist; returns the topmost new one, or undefined if the folder exists.
 * `mode` are its permissions. Throws the error of the file system. `mkdirSync` with `recursive` never returns where a file
 * system, such as that of /proc, answers ENOENT for a new folder.
 */
export function createFolder(folder: string, mode = 0o777): string | undefined {
  if (existsSync(folder)) return undefined;
  const parent = dirname(folder);
  const above = createFolder(parent, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // The parent exists, so the system's own text, "no such file or directory", would mislead.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`the file system takes no new folder in ${parent}`, { cause: error });
  }
  return above ?? folder;
}
