/** Locks of folders that end with the process that holds them, however it ends. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The file that is locked; it stays behind, empty. */
const LOCK_FILE = "wamp-edge.lock";

/** The databases of the locks that are held: one that is garbage would be closed, and its lock be lost. */
const held = new Set<DatabaseSync>();

/** A lock that this process holds until it ends or gives it up. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks a folder, or returns undefined where another process has it. Node cannot lock a file, but its SQLite does, with
 * locks that the operating system keeps: no lock outlives a `kill -9`, no process id can be mistaken for another, and
 * containers that share a folder see each other's. Throws where the file cannot be made.
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

/** Whether a process has locked the folder before. */
export function wasLocked(folder: string): boolean {
  return existsSync(join(folder, LOCK_FILE));
}

const SQLITE_BUSY = 5;
