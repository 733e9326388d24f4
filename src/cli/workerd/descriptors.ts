/** How many connections the limit of open files allows. */

import { execFileSync } from "node:child_process";

/** workerd holds each connection by two descriptors, */
const PER_CONNECTION = 2;
/** each realm that is awake by three, the files of its database, */
const PER_REALM = 3;
/** and has these open in any case: measured are 30. */
const RESERVED = 50;

/**
 * The limit of open files that a process started now gets. Node has raised its own soft limit to the hard one when it
 * started, and its children inherit that. Undefined where there is no limit, or no way to tell.
 */
export function descriptorLimit(): number | undefined {
  try {
    return Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" })) || undefined;
  } catch {
    return undefined;
  }
}

/** A line that tells the operator what the limit allows; past it workerd ends. */
export function descriptorNotice(limit: number): string {
  const connections = Math.max(0, Math.floor((limit - RESERVED) / PER_CONNECTION));
  return `at most ${connections} connections (${limit} open files; ${PER_CONNECTION} a connection, ${PER_REALM} a realm awake)`;
}
