/** Creates the private folder of a running command: for the bundle, its configuration and the control socket. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FolderLock, hasLockFile, lockFolder } from "./folder-lock.ts";

const PREFIX = "wamp-edge-run-";

/**
 * Creates a folder for this process that only its user can read; the folder is removed when the process exits. It is in
 * the system's temporary folder, because the path of a Unix socket has at most 107 bytes (macOS: 103) and a checkout
 * may be read-only.
 */
export function makeTemporaryFolder(): string {
  removeAbandonedFolders();
  for (;;) {
    const folder = mkdtempSync(join(tmpdir(), PREFIX));
    // Held until the process ends: the lock tells a folder in use from one that a killed process has left.
    const lock = tryToLock(folder);
    // Another command may have removed the folder before it was locked.
    if (lock === undefined || !existsSync(folder)) continue;
    process.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
      lock.release();
    });
    return folder;
  }
}

/** Removes the folders of processes that were killed. */
function removeAbandonedFolders(): void {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const folder = join(tmpdir(), name);
    const lock = hasLockFile(folder) ? tryToLock(folder) : undefined;
    if (lock === undefined) continue;
    rmSync(folder, { recursive: true, force: true });
    lock.release();
  }
}

/** Locks a folder; returns undefined when a process holds the lock and for folders of other users. */
function tryToLock(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder);
  } catch {
    return undefined;
  }
}
