/** Private folders of running commands: the bundle, its configuration, the control socket. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FolderLock, lockFolder, wasLocked } from "./folder-lock.ts";

const PREFIX = "wamp-edge-run-";

/**
 * A folder of this process alone, readable by its user alone, gone when the process exits. In the system's folder for
 * temporary files, because the path of a Unix socket has at most 107 bytes (macOS: 103), and a checkout may be read-only.
 */
export function makeRunFolder(): string {
  sweep();
  for (;;) {
    const folder = mkdtempSync(join(tmpdir(), PREFIX));
    // Held as long as the process lives: it tells a folder in use from one that a killed process has left.
    const lock = lockIfOurs(folder);
    // Another command may have swept the folder before it was locked.
    if (lock === undefined || !existsSync(folder)) continue;
    process.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
      lock.release();
    });
    return folder;
  }
}

/** Removes the folders of processes that were killed. */
function sweep(): void {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const folder = join(tmpdir(), name);
    const lock = wasLocked(folder) ? lockIfOurs(folder) : undefined;
    if (lock === undefined) continue;
    rmSync(folder, { recursive: true, force: true });
    lock.release();
  }
}

/** The lock of a folder that no process holds; undefined also for folders of other users. */
function lockIfOurs(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder);
  } catch {
    return undefined;
  }
}
