/** The folder that WAMP_DATA names: it is made, tried, and locked before anything is stored in it. */

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StartError } from "../environment.ts";
import { lockFolder } from "./folder-lock.ts";

/** Part of every key of a Worker whose state has just begun; the name that wrangler.toml had at first. */
const FIRST_KEY_PREFIX = "wamp-edge";

/** What the folder of the realms' objects is called after its prefix. */
const REALMS = "-RealmObject";

/** Bytes: a block, so that a full disk shows. */
const TRIAL = Buffer.alloc(4096, 1);

/**
 * Makes the folder where there is none, and holds it locked until this process ends: two processes that write the same
 * databases lose what the other one wrote. Returns its absolute path. Throws StartError where the folder cannot be
 * written, because the router would acknowledge events that it cannot store, or where another process has it.
 */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    makeFolder(folder);
    tryToWrite(folder);
    if (lockFolder(folder) !== undefined) return folder;
  } catch (error) {
    throw new StartError(`WAMP_DATA: cannot write to the folder ${folder} (${(error as Error).message})`);
  }
  throw new StartError(`WAMP_DATA: another router is using the folder ${folder}`);
}

/**
 * The first part of the keys that objects of this Worker have in `folder`. The ids of all objects depend on it, so state
 * would be lost if it changed: it is what the folder's state began with, whatever the Worker's `name` is today. Where
 * the folder holds the state of several Workers, `name` tells which; throws StartError if it tells none of them.
 */
export function keyPrefixIn(folder: string, name: string): string {
  const found = foldersIn(folder)
    .filter((entry) => entry.endsWith(REALMS))
    .map((entry) => entry.slice(0, -REALMS.length));
  if (found.length <= 1) return found[0] ?? FIRST_KEY_PREFIX;
  if (found.includes(name)) return name;
  const names = found.sort().join(", ");
  throw new StartError(`WAMP_DATA: ${folder} holds the state of ${names}; name one of them in wrangler.toml`);
}

/**
 * Removes the databases of objects that keep nothing. workerd makes one for each name that a client connects to, and
 * leaves it when the object has removed its storage: where realms are a pattern their number grows for ever.
 */
export function removeEmptyDatabases(folder: string): void {
  for (const name of filesIn(folder)) {
    if (!OBJECT_DATABASE.test(name)) continue;
    const file = join(folder, name);
    if (sizeOf(file) === ONE_PAGE && sizeOf(`${file}-wal`) === 0) {
      for (const ending of ["", "-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true });
    }
  }
}

/** The name of an object's database: its id. */
const OBJECT_DATABASE = /^[0-9a-f]{64}\.sqlite$/;

/** Bytes of a database without tables: the first table needs a second page. */
const ONE_PAGE = 4096;

function filesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}

/** Bytes; 0 where there is no such file. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function foldersIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Level by level: Node's own `recursive` never returns where the file system has no such folders, as below /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile; a file is not a folder.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Creates, writes, syncs and removes a file. */
function tryToWrite(folder: string): void {
  const file = join(folder, `.trial-${process.pid}`);
  const descriptor = openSync(file, "w");
  try {
    writeSync(descriptor, TRIAL);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}
