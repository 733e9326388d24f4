/** How much room there is for what realms store: the disk of a self-hosted router, and the platform's limit for one object. */

/** `low`: what is left is a reserve for sessions; events are not stored. `exhausted`: nothing can be written. */
export type DiskState = "ample" | "low" | "exhausted";

/** Bytes; an object may have 10 GB, and sessions need some of it even when events have filled the rest. */
const MOST_BYTES = 10_000_000_000 - 67_108_864;

/** Of the disk below all objects of this process, as told by the process that runs the Worker. */
let disk: DiskState = "ample";

/** Tells all objects of this process of a change. */
export function setDiskState(state: DiskState): void {
  disk = state;
}

/** Can nothing be written, not even what a session needs? A commit that fails would end the object with all its sockets. */
export function isExhausted(): boolean {
  return disk === "exhausted";
}

/** Is there no room for events in this object? */
export function isFull(sql: SqlStorage): boolean {
  return disk !== "ample" || sql.databaseSize > MOST_BYTES;
}
