/** Watches how much room is left on the disk below the data folder, so that realms refuse what they could not store. */

import { statfs } from "node:fs/promises";
import type { DiskState } from "../../worker/storage/free-space.ts";

/** Bytes; or this part of a small disk. Events are refused where less is left. */
const RESERVE = 67_108_864;
const RESERVED_PART = 1 / 8;
/** Of the reserve: where less is left nothing is written. */
const LAST_PART = 1 / 4;
/** Of the reserve: so much more must be left before events are taken again. */
const RECOVERY_PART = 1 / 4;

/** Bytes that another program may write in a millisecond: how soon the disk must be looked at again follows from it. */
const FILLED_PER_MS = 1_000_000;
const SHORTEST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;

/** What is left of a disk, and its size; bytes. */
export interface Space {
  readonly free: number;
  readonly total: number;
}

/** What realms may do with such a disk, where they were in `before`. */
export function diskState({ free, total }: Space, before: DiskState): DiskState {
  const reserve = reserveOf(total);
  if (free < reserve * LAST_PART) return "exhausted";
  return free < reserve * (before === "ample" ? 1 : 1 + RECOVERY_PART) ? "low" : "ample";
}

/** Milliseconds until the disk must be looked at again. */
export function waitFor({ free, total }: Space): number {
  const wait = (free - reserveOf(total)) / FILLED_PER_MS;
  return Math.max(SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, wait));
}

function reserveOf(total: number): number {
  return Math.min(RESERVE, total * RESERVED_PART);
}

/** Looks at the disk of `folder` until it is stopped; `tell` reaches the router, and rejects where that does not run. */
export class DiskWatch {
  readonly #folder: string;
  readonly #tell: (state: DiskState) => Promise<unknown>;
  #state: DiskState = "ample";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(folder: string, tell: (state: DiskState) => Promise<unknown>) {
    this.#folder = folder;
    this.#tell = tell;
  }

  /** Resolves when the router has been told once, if there is something to tell. */
  async start(): Promise<void> {
    let wait = LONGEST_WAIT_MS;
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const space: Space = { free: bavail * bsize, total: blocks * bsize };
      wait = waitFor(space);
      const state = diskState(space, this.#state);
      // A router that has started again knows nothing, so it is told each time while there is something to know.
      if (state !== "ample" || state !== this.#state) await this.#tell(state);
      this.#state = state;
    } catch {
      // The router is not there yet, or no more; or the folder is gone, which its writes will tell.
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), wait);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
