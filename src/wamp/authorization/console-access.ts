/** The procedures that show what happens in a realm: the key `console` of a role permits them, and no rule does. */

import type { Uri } from "../protocol/values.ts";

const PREFIX = "wamp.edge.";
const NAMES: ReadonlySet<string> = new Set(["stats", "explain", "tap", "unheard", "connections", "slow"]);

/** Says whether the console permits or denies calls of this procedure, whatever the rules of the role are. */
export function isConsoleProcedure(uri: Uri): boolean {
  return uri.startsWith(PREFIX) && NAMES.has(uri.slice(PREFIX.length));
}
