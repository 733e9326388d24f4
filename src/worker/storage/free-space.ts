/** How much room there is for what realms store: the disk of a self-hosted router, and the platform's limit for one object. */

import { WampError, WampUri } from "../../wamp/protocol/errors.ts";

/** `low`: what is left is a reserve for sessions; events are not stored. `exhausted`: nothing can be written. */
export type DiskState = "ample" | "low" | "exhausted";

/** Bytes; an object may have 10 GB, and sessions need some of it even when events have filled the rest. */
const MOST_BYTES = 10_000_000_000 - 67_108_864;

/** Deletions that wait for room: each is a row that memory has given up already. */
const MOST_WAITING = 100_000;

/** Milliseconds between two looks for room. */
const LOOK_MS = 500;

/** Of the disk below all objects of this process, as told by the process that runs the Worker. */
let disk: DiskState = "ample";

/** Tells all objects of this process of the disk below them; false where they know. */
export function setDiskState(state: DiskState): boolean {
  const isNew = state !== disk;
  disk = state;
  return isNew;
}

/**
 * Can nothing be written, not even what a session needs? The platform commits after a turn, and a commit that fails ends
 * the object with all its sockets: so nothing may be tried.
 */
export function isExhausted(): boolean {
  return disk === "exhausted";
}

/** Does the disk take no events? */
export function isDiskFull(): boolean {
  return disk !== "ample";
}

/** Resolves when something can be written. */
export async function untilWritable(): Promise<void> {
  while (isExhausted()) await scheduler.wait(LOOK_MS);
}

/** Is there no room for events in this object? */
export function isFull(sql: SqlStorage): boolean {
  return isDiskFull() || sql.databaseSize > MOST_BYTES;
}

/**
 * The database, which while the disk is exhausted reads only: deletions wait until there is room, other writes throw
 * storage_full.
 */
export function guarded(sql: SqlStorage): SqlStorage {
  const waiting: [query: string, bindings: unknown[]][] = [];
  const exec = (query: string, ...bindings: unknown[]) => {
    if (isExhausted() && !/^\s*SELECT/i.test(query)) {
      if (!/^\s*DELETE/i.test(query) || waiting.length >= MOST_WAITING) {
        throw new WampError(WampUri.STORAGE_FULL, "the disk is full");
      }
      waiting.push([query, bindings]);
      return sql.exec("SELECT 1 WHERE 0");
    }
    if (waiting.length > 0 && !isExhausted()) {
      for (const [deletion, with_] of waiting.splice(0)) sql.exec(deletion, ...with_);
    }
    return sql.exec(query, ...bindings);
  };
  // The tables use no more of it.
  return {
    exec,
    get databaseSize() {
      return sql.databaseSize;
    },
  } as SqlStorage;
}
