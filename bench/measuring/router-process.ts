/** CPU time and memory of a router: of its process and all below it, from /proc. */

import { readFileSync } from "node:fs";
import { cpuMicroseconds, findProcesses } from "../../src/cli/bench/cpu-time.ts";

const KIBIBYTE = 1024;

/** The processes of a router on this machine. Without a pid, or a /proc, every figure is NaN. */
export class RouterProcess {
  readonly #pid: number | undefined;

  /** Throws UserError where /proc has no such process; on systems without /proc nothing is measured. */
  constructor(pid: number | undefined) {
    this.#pid = process.platform === "linux" ? pid : undefined;
    if (this.#pid !== undefined) findProcesses(this.#pid);
  }

  /** Microseconds of user and system time since the start. */
  cpuUs(): number {
    return this.#pid === undefined ? Number.NaN : cpuMicroseconds(this.#pid);
  }

  /** Bytes of memory in use (resident set size). */
  residentBytes(): number {
    if (this.#pid === undefined) return Number.NaN;
    return findProcesses(this.#pid).reduce((sum, { id }) => sum + residentBytesOf(id), 0);
  }
}

function residentBytesOf(pid: number): number {
  try {
    return KIBIBYTE * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
