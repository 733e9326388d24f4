/**
 * Free space for what realms store: on the disk of a self-hosted router, and within the platform's limit for one
 * object.
 */

import { WampError, WampUri } from "../../wamp/protocol/errors.ts";

/** `low`: the rest is a reserve for sessions, and no events are stored. `exhausted`: nothing can be written. */
export type DiskState = "ample" | "low" | "exhausted";

/** Bytes of an object that events may fill. The platform's limit is 10 GB; 64 MiB of it are a reserve for sessions. */
const MOST_BYTES = 10_000_000_000 - 67_108_864;

/** Deletions that wait for free space: the row of each is gone from memory already. */
const MOST_WAITING = 100_000;

/** Milliseconds between two checks for free space. */
const LOOK_MS = 500;

/** The state of the disk of all objects of this process; the process that runs the Worker reports it. */
let disk: DiskState = "ample";

/** Rows that a database has written. */
export interface RowCount {
  written: number;
}

/** Sets the state of the disk for all objects of this process; returns whether it is new. */
export function setDiskState(state: DiskState): boolean {
  const isNew = state !== disk;
  disk = state;
  return isNew;
}

/**
 * Whether nothing can be written, not even what a session needs. No write may be tried then: the platform commits after
 * a turn, and a commit that fails ends the object with all its sockets.
 */
export function isExhausted(): boolean {
  return disk === "exhausted";
}

/** Whether the disk has no space for events. */
export function isDiskFull(): boolean {
  return disk !== "ample";
}

/** Resolves when the disk can be written. */
export async function untilWritable(): Promise<void> {
  while (isExhausted()) await scheduler.wait(LOOK_MS);
}

/** Whether this object has no space for events. */
export function isFull(sql: SqlStorage): boolean {
  return isDiskFull() || sql.databaseSize > MOST_BYTES;
}

/**
 * The database, which counts the rows that it writes in `rows`, and is read-only while the disk is exhausted: deletions wait for free space, other writes throw
 * storage_full.
 */
export function guarded(sql: SqlStorage, rows: RowCount = { written: 0 }): SqlStorage {
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
    const cursor = sql.exec(query, ...bindings);
    // A statement that writes has run already.
    rows.written += cursor.rowsWritten;
    return cursor;
  };
  // The tables use no other members of it.
  return {
    exec,
    get databaseSize() {
      return sql.databaseSize;
    },
  } as SqlStorage;
}
