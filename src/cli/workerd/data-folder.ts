/** Opens the folder that WAMP_DATA names: creates it, checks that it is writable and locks it. */

import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../project/user-error.ts";
import { lockFolder } from "./folder-lock.ts";

/** A block of a disk: a smaller write may succeed on a full one. */
const TEST_DATA = Buffer.alloc(4096, 1);

/**
 * Creates the folder if it does not exist and keeps it locked until this process ends: two processes that write the
 * same databases overwrite each other's data. Returns its absolute path. Throws UserError when the folder is not
 * writable, because the router would acknowledge events that it cannot store, or when another process holds the lock.
 */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    makeFolder(folder);
    testWrite(folder);
    if (lockFolder(folder) !== undefined) return folder;
  } catch (error) {
    throw new UserError(`WAMP_DATA: cannot write to the folder ${folder} (${(error as Error).message})`);
  }
  throw new UserError(`WAMP_DATA: another router is using the folder ${folder}`);
}

/**
 * Creates a folder level by level: Node's `recursive` never returns on file systems without such folders, such as
 * /proc.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have created it meanwhile; a file of that name is an error.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Creates, writes, syncs and removes a file. */
function testWrite(folder: string): void {
  const file = join(folder, `.trial-${process.pid}`);
  const descriptor = openSync(file, "w");
  try {
    writeSync(descriptor, TEST_DATA);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}
