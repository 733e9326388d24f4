/** Reads the limit of open files and computes how many connections it allows. */

import { execFileSync } from "node:child_process";

/** File descriptors that workerd uses for each connection. */
const FILES_PER_CONNECTION = 2;
/** File descriptors that workerd uses for each realm that is awake: the files of its database. */
const FILES_PER_REALM = 3;
/** File descriptors that workerd uses in any case; 30 were measured. */
const RESERVED_FILES = 50;

/**
 * Returns the limit of open files that a child process gets. Node raises its own soft limit to the hard one when it
 * starts, and its children inherit that. Undefined when the limit is infinite or cannot be read.
 */
export function readOpenFileLimit(): number | undefined {
  try {
    return Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" })) || undefined;
  } catch {
    return undefined;
  }
}

/** Returns a line for the operator with the number of connections that the limit allows; with more, workerd ends. */
export function describeOpenFileLimit(limit: number): string {
  const connections = Math.max(0, Math.floor((limit - RESERVED_FILES) / FILES_PER_CONNECTION));
  const uses = `${FILES_PER_CONNECTION} per connection, ${FILES_PER_REALM} per awake realm`;
  return `at most ${connections} connections (${limit} open files; ${uses})`;
}
