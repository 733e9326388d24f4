/** Compares the running Node with what a command needs. Old versions of Node load this file, too. */

import { UserError } from "./user-error.ts";

/** The oldest Node that the commands without wrangler support. */
export const OLDEST_NODE = "20.11";

/** The oldest Node that wrangler and miniflare support (their `engines`). */
export const OLDEST_NODE_FOR_WRANGLER = "22.12";

/** The oldest Node that has the WebSocket and the promises of the WAMP client. */
export const OLDEST_NODE_WITH_WEBSOCKET = "22.4";

/** The oldest Node that has SQLite, which locks folders, without a flag. */
export const OLDEST_NODE_WITH_SQLITE = "22.13";

/** Throws UserError, one line, when the running Node is older than `oldest`; `subject` is what needs that Node. */
export function requireNode(subject: string, oldest: string, running: string = process.versions.node): void {
  if (compareVersions(running, oldest) >= 0) return;
  const remedy = "install it from https://nodejs.org, or with your version manager: nvm install 24";
  throw new UserError(`${subject} needs Node ${oldest} or newer; this is Node ${running} (${remedy})`);
}

/** Compares two versions by their numbers: negative when `a` is older than `b`. Missing numbers count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return version.split(/[.+-]/, 3).map(Number);
}
