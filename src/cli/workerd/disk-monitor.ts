/** Monitors the free space of the data folder's disk, so that realms refuse events before a write fails. */

import { statfs } from "node:fs/promises";
import type { DiskState } from "../../worker/storage/free-space.ts";

/** Bytes that stay free for sessions: realms refuse events when less is free. */
const RESERVE = 67_108_864;
/** The part of a small disk that is its reserve. */
const RESERVED_PART = 1 / 8;
/** Part of the reserve: realms write nothing when less is free. */
const EXHAUSTED_PART = 1 / 4;
/** Part of the reserve that must be free beyond it before realms accept events again. */
const RECOVERY_PART = 1 / 4;

/** Bytes per millisecond that another program may write; the time until the next check follows from it. */
const FILL_RATE = 1_000_000;
const MIN_INTERVAL_MS = 20;
const MAX_INTERVAL_MS = 1_000;

/** Free and total bytes of a disk. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/**
 * Returns the state of a disk; `previous` is the state before, because recovery needs more free space than normal
 * operation.
 */
export function assessDisk({ free, total }: DiskSpace, previous: DiskState): DiskState {
  const reserve = reserveOf(total);
  if (free < reserve * EXHAUSTED_PART) return "exhausted";
  return free < reserve * (previous === "ample" ? 1 : 1 + RECOVERY_PART) ? "low" : "ample";
}

/** Returns the milliseconds until the disk must be checked again. */
export function checkIntervalMs({ free, total }: DiskSpace): number {
  const untilReserve = (free - reserveOf(total)) / FILL_RATE;
  return Math.max(MIN_INTERVAL_MS, Math.min(MAX_INTERVAL_MS, untilReserve));
}

function reserveOf(total: number): number {
  return Math.min(RESERVE, total * RESERVED_PART);
}

/** Checks the disk of `folder` until it is stopped, and reports its state to the router. */
export class DiskMonitor {
  readonly #folder: string;
  readonly #report: (state: DiskState) => Promise<unknown>;
  #state: DiskState = "ample";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /** `report` sends the state to the router and rejects when the router is not running. */
  constructor(folder: string, report: (state: DiskState) => Promise<unknown>) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Resolves after the first check. */
  async start(): Promise<void> {
    let interval = MAX_INTERVAL_MS;
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const space: DiskSpace = { free: bavail * bsize, total: blocks * bsize };
      interval = checkIntervalMs(space);
      const state = assessDisk(space, this.#state);
      // Repeated while space is short, because a restarted workerd starts in the state `ample`.
      if (state !== "ample" || state !== this.#state) await this.#report(state);
      this.#state = state;
    } catch {
      // The router is not running: the next check reports again. When the folder is gone, the router's writes fail.
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), interval);
  }

  /** Makes no further checks. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
