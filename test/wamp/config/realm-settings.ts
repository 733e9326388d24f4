/** Parses the settings of a realm in tests. */

import { parseRealm, type RealmConfig } from "../../../src/wamp/config/realm.ts";

/** The one role of realms that need a role for their principals. */
export const ROLES = [{ name: "user" }];

/** Parses the settings of a realm named `realm1`; throws an Error that lists their faults. */
export function realm(settings: object): RealmConfig {
  const parsed = parseRealm({ name: "realm1", ...settings });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

/** Returns the faults of settings as `path: message`. */
export function faultsOf(settings: unknown): string[] {
  const parsed = parseRealm(settings);
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

/** Returns the faults of the settings of a realm named `realm1`, as `path: message`. */
export function faultsWith(settings: object): string[] {
  return faultsOf({ name: "realm1", ...settings });
}
