/** Stops a command when the process that started it ends, even one that was killed and could not signal. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const POLL_INTERVAL_MS = 50;

/** Processes between npm and the command: its shell, if that does not replace itself by the command. */
const MAX_LEVELS = 3;

/** The command line of npm or of a program like it. npm gives its process a title, such as "npm run start". */
const PACKAGE_RUNNER = /^(npm|npx|pnpm|yarn)\b|\/(npm|npx|pnpm|yarn)(-cli)?(\.c?js)?(\s|$)/;

/** Id of the parent process at the start: under npm, the shell that npm runs scripts in. */
const PARENT_ID = process.ppid;

/**
 * Calls `stop` once when the parent process has ended: npm signals only its shell, and dash ends without forwarding the
 * signal. With `throughNpm` the end of the process that started npm counts, too, because npm survives it.
 */
export function watchParent(stop: () => void, throughNpm: boolean): void {
  // The pipes to a parent that was killed are closed: writing to them must not end the orderly stop.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const starter = throughNpm && process.env.npm_lifecycle_event ? findStarterOfNpm() : undefined;
  const timer = setInterval(() => {
    if (process.ppid === PARENT_ID && (starter === undefined || isRunning(starter))) return;
    clearInterval(timer);
    stop();
  }, POLL_INTERVAL_MS);
  timer.unref();
}

/** Returns the id of the process that started npm; undefined when npm is not among the nearest ancestors. */
function findStarterOfNpm(): number | undefined {
  let id = PARENT_ID;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const found = describeProcess(id);
    if (found === undefined) return undefined;
    if (PACKAGE_RUNNER.test(found.command)) return found.parent;
    id = found.parent;
  }
  return undefined;
}

/** Reads /proc on Linux, where `ps` may not be installed. Returns undefined where neither exists. */
function describeProcess(id: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    if (process.platform !== "linux") {
      const line = execFileSync("ps", ["-o", "ppid=,args=", "-p", String(id)], { encoding: "utf8" }).trim();
      const [, parent = "", command = ""] = /^(\d+)\s+(.*)$/s.exec(line) ?? [];
      return { parent: Number(parent), command };
    }
    const [, parent] = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const command = readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // A process of another user is running, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
