/** The memory of the workerd processes that this process has started. */

import { readdirSync, readFileSync } from "node:fs";

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly name: string;
}

/** Returns the resident memory of all workerd processes below this one, in MiB. Reads `/proc`, so Linux only. */
export function workerdMemory(): number {
  return workerds().reduce((sum, id) => sum + residentMiB(id), 0);
}

/** Samples that memory until `stop`, which returns the maximum in MiB. */
export function watchMemory(): { stop(): number } {
  let most = workerdMemory();
  const timer = setInterval(() => {
    most = Math.max(most, workerdMemory());
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(most, workerdMemory());
    },
  };
}

function workerds(): number[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(processOf);
  const found = [process.pid];
  for (const id of found) found.push(...processes.filter(({ parent }) => parent === id).map((child) => child.id));
  return processes.filter(({ id, name }) => name === "workerd" && found.includes(id)).map(({ id }) => id);
}

/** Returns an empty list if the process has ended. */
function processOf(id: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [{ id: Number(id), parent: Number(parent), name }];
  } catch {
    return [];
  }
}

function residentMiB(id: number): number {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}
