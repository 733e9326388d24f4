/** The databases that workerd keeps for objects: the names of their folders, and the removal of empty ones. */

import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../project/user-error.ts";

/** The key prefix of new state: the first name that wrangler.toml had. */
const INITIAL_KEY_PREFIX = "wamp-edge";

/** The end of the unique key of the realms' objects. */
const REALM_OBJECT = "-RealmObject";

/** The file name of an object's database: its id. */
const DATABASE_NAME = /^[0-9a-f]{64}\.sqlite$/;

/** Bytes of a database without tables: the first table needs a second page. */
const PAGE_BYTES = 4096;

/**
 * Returns the first part of the keys that objects of this Worker have in `folder`. The ids of all objects depend on it,
 * so a change would lose their state: the result is the prefix that the state began with, whatever the Worker's `name`
 * is now. When the folder holds the state of several Workers, `name` selects one; throws UserError when it is none of
 * them.
 */
export function findKeyPrefix(folder: string, name: string): string {
  const prefixes = listFolder(folder)
    .filter((entry) => entry.isDirectory() && entry.name.endsWith(REALM_OBJECT))
    .map((entry) => entry.name.slice(0, -REALM_OBJECT.length));
  if (prefixes.length <= 1) return prefixes[0] ?? INITIAL_KEY_PREFIX;
  if (prefixes.includes(name)) return name;
  const names = prefixes.sort().join(", ");
  throw new UserError(`WAMP_DATA: ${folder} holds the state of ${names}; set one of them as name in wrangler.toml`);
}

/** Returns the `uniqueKey` of a class, which is also the name of the folder of its objects. It must never change. */
export function formatUniqueKey(prefix: string, className: string): string {
  return `${prefix}-${className}`;
}

/**
 * Removes the databases of objects that store nothing. workerd creates one for each name that a client connects to and
 * keeps it after the object has deleted its storage: with realm patterns their number would grow without limit.
 */
export function removeEmptyDatabases(folder: string): void {
  for (const { name } of listFolder(folder)) {
    if (!DATABASE_NAME.test(name)) continue;
    const file = join(folder, name);
    if (sizeOf(file) === PAGE_BYTES && sizeOf(`${file}-wal`) === 0) {
      for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    }
  }
}

/** Lists a folder; a folder that does not exist is empty. */
function listFolder(folder: string) {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? readdirSync(folder, { withFileTypes: true }) : [];
}

/** Bytes; 0 for a file that does not exist. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
