/** CPU time of a process and its children, from /proc. */

import { readdirSync, readFileSync } from "node:fs";
import { UserError } from "../project/user-error.ts";

/** Microseconds of a clock tick (USER_HZ is 100 on all Linux systems). */
const TICK_US = 10_000;

/** A process and its CPU time so far. */
export interface ProcessTime {
  readonly id: number;
  readonly parent: number;
  /** Ticks of user and system time. */
  readonly ticks: number;
}

/** Returns the microseconds of a process and of all below it. Throws UserError where they cannot be read. */
export function cpuMicroseconds(pid: number): number {
  return findProcesses(pid).reduce((sum, { ticks }) => sum + ticks, 0) * TICK_US;
}

/** Returns a process and all below it. Throws UserError where they cannot be read. */
export function findProcesses(pid: number): readonly ProcessTime[] {
  const table = readTable();
  const root = table.find(({ id }) => id === pid);
  if (root === undefined) throw new UserError(`this machine has no process ${pid}, or no /proc`);
  const found = [root];
  for (const { id } of found) found.push(...table.filter(({ parent }) => parent === id));
  return found;
}

function readTable(): ProcessTime[] {
  try {
    return readdirSync("/proc").filter(Number).flatMap(readProcess);
  } catch {
    return [];
  }
}

/** The fields of /proc/ID/stat behind the name, which is in brackets: state, parent, …, utime and stime. */
function readProcess(id: string): ProcessTime[] {
  try {
    const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return [{ id: Number(id), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
