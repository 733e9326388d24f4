/** Locks folders for one process; the operating system releases a lock when its process ends. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The name of the file that is locked. It stays in the folder, empty. */
const LOCK_FILE = "wamp-edge.lock";

const SQLITE_BUSY = 5;

/** The databases of the locks in use: garbage collection would close a database and release its lock. */
const held = new Set<DatabaseSync>();

/** A lock that this process holds until it releases the lock or ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks a folder; returns undefined when another process holds the lock. Node cannot lock a file, but its SQLite can,
 * with locks of the operating system: no lock survives a `kill -9`, no reused process id looks like the holder, and
 * containers that share a folder see each other's locks. Throws when the lock file cannot be created.
 */
export function lockFolder(folder: string): FolderLock | undefined {
  const database = new DatabaseSync(join(folder, LOCK_FILE));
  try {
    database.exec("BEGIN EXCLUSIVE");
    held.add(database);
    const release = (): void => {
      held.delete(database);
      database.close();
    };
    return { release };
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/** Returns whether a process has locked the folder before. */
export function hasLockFile(folder: string): boolean {
  return existsSync(join(folder, LOCK_FILE));
}
