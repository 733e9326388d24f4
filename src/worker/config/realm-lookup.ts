/** Finds the realm of the configuration that a name belongs to. */

import { isValidRealm } from "../../wamp/protocol/uri.ts";
import type { Config } from "./config-schema.ts";
import { matchesGlob } from "./glob.ts";
import type { WorkerRealmConfig } from "./realm-config.ts";

interface Named {
  readonly name: string;
}

/**
 * The realm of the configuration that `name` belongs to: the one of that name, else the pattern with the most literal
 * characters, else none. In a pattern `*` stands for one or more characters, of which the name remains a valid one.
 */
export function realmFor(config: Config, name: string): WorkerRealmConfig | undefined {
  return bestMatch(config.realms, name);
}

/** The realm of clients that name none: the only one, unless its name is a pattern. */
export function onlyRealm({ realms }: Config): WorkerRealmConfig | undefined {
  const [only] = realms;
  return realms.length === 1 && !only!.name.includes("*") ? only : undefined;
}

/** The entry that answers to `name` by the rules of `realmFor`. */
export function bestMatch<R extends Named>(realms: readonly R[], name: string): R | undefined {
  const exact = realms.find((realm) => realm.name === name);
  if (exact !== undefined) return exact;
  // URLs and names of objects replace a lone surrogate, so that two names could become one.
  if (!isValidRealm(name) || !name.isWellFormed()) return undefined;
  let best: R | undefined;
  for (const realm of realms) {
    if (!matchesGlob(realm.name, name, 1)) continue;
    if (best === undefined || literalLength(realm) > literalLength(best)) best = realm;
  }
  return best;
}

function literalLength({ name }: Named): number {
  return name.replaceAll("*", "").length;
}
