/** Writes the files of a new project: all of them, or none. */

import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createFolder } from "../project/create-folder.ts";
import { UserError } from "../project/user-error.ts";

/** Throws UserError when `folder` exists and is not an empty folder; a repository of git without files counts as empty. */
export function requireEmptyFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw new UserError(`${folder} is a file; name a folder that does not exist yet`);
  const others = readdirSync(folder).filter((name) => name !== ".git");
  if (others.length > 0) throw new UserError(`the folder ${folder} is not empty; name one that does not exist yet`);
}

/**
 * Writes `files` (path below `folder` → text) and creates the folders that they need. When it cannot write one, it
 * removes what it has written and throws UserError.
 */
export function writeProject(folder: string, files: ReadonlyMap<string, string>): void {
  const written = new Set<string>();
  try {
    for (const [path, text] of files) {
      const file = join(folder, path);
      // With the topmost folder that did not exist, all below it goes.
      const created = createFolder(dirname(file));
      if (created !== undefined) written.add(created);
      if (existsSync(file)) throw new Error(`${path} exists`);
      written.add(file);
      writeFileSync(file, text);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { recursive: true, force: true });
    throw new UserError(`cannot write the project to ${folder}: ${(error as Error).message}`);
  }
}
