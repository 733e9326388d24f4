/** Finds the project that a command works on: the folder of a Worker's settings. */

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "./user-error.ts";

/** A Worker's project. */
export interface Project {
  /** Absolute path of the project's folder. */
  readonly folder: string;
  /** Absolute path of the settings of wrangler: wrangler.toml, wrangler.json or wrangler.jsonc. */
  readonly settingsFile: string;
}

/** The names of wrangler's settings; wrangler itself takes the first one that exists. */
const SETTINGS_NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/**
 * Returns the nearest project at or above the folder `start`. Throws UserError when no folder up to the root holds
 * wrangler.toml.
 */
export function findProject(start: string = process.cwd()): Project {
  let folder = resolve(start);
  for (;;) {
    const file = SETTINGS_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (file !== undefined) return { folder, settingsFile: file };
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  throw new UserError(
    `no project at or above ${resolve(start)}: no wrangler.toml; change to your project, or create one with "npx wamp-edge init DIR"`,
  );
}

/** Returns the path of a file of the project as messages name it: relative to the project when it is inside. */
export function nameInProject({ folder }: Project, file: string): string {
  const path = relative(folder, file);
  return path.startsWith("..") ? file : path;
}
