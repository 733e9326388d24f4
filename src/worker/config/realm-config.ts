/** One realm of the configuration: the keys of the core, and those of the platform. */

import * as v from "valibot";
import { duplicates, listOf, nameOf, realmFaults, roleReferenceFaults } from "../../wamp/config/consistency.ts";
import { realmSchema } from "../../wamp/config/realm.ts";
import { closed, type DeepReadonly, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { type Dict, isDict } from "../../wamp/protocol/values.ts";
import { calleeSchema } from "./callee-config.ts";
import { componentsSchema } from "./component-config.ts";
import { loginFaults } from "./login-faults.ts";
import { originsSchema } from "./origins.ts";
import { webhooksOutSchema, webhooksSchema } from "./webhook-config.ts";

const LOCATIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;

const { name, ...coreEntries } = realmSchema.entries;

/** The shape of one realm; `workerRealmFaults` finds what a schema cannot. */
export const workerRealmSchema = closed({
  name,
  location: v.exactOptional(v.picklist(LOCATIONS)),
  jurisdiction: v.exactOptional(v.picklist(["eu", "us", "fedramp", "fedramp-high"])),
  ...coreEntries,
  /** Origins of pages that may connect; replaces `http.allowed_origins`. */
  allowed_origins: v.exactOptional(originsSchema),
  webhooks: v.exactOptional(webhooksSchema),
  components: v.exactOptional(componentsSchema),
  callees: v.exactOptional(v.array(calleeSchema)),
  webhooks_out: v.exactOptional(webhooksOutSchema),
});

/** One realm, checked, defaults filled in. `name` may be a pattern (`tenant-*`) that stands for many realms. */
export type WorkerRealmConfig = DeepReadonly<v.InferOutput<typeof workerRealmSchema>>;

/** All faults of the realm written at `path` that its schema cannot see. */
export function workerRealmFaults(realm: unknown, path: Path = []): Fault[] {
  if (!isDict(realm)) return [];
  const roles = new Set(listOf(realm.roles).map(nameOf));
  return [
    ...realmFaults(realm, path),
    ...placeFaults(realm, path),
    ...listOf(realm.roles).flatMap((role, index) => validateFaults(role, [...path, "roles", index])),
    ...roleReferenceFaults(realm.webhooks, roles, [...path, "webhooks"]),
    ...["webhooks_out", "components"].flatMap((key) => sessionFaults(listOf(realm[key]), roles, [...path, key])),
    ...duplicates(listOf(realm.callees).map(calleeOf), (index) => [...path, "callees", index, "procedure"]),
    ...loginFaults(realm, path),
  ];
}

function placeFaults(realm: Dict, path: Path): Fault[] {
  if (realm.location === undefined || realm.jurisdiction === undefined) return [];
  return [faultAt([...path, "location"], "cannot be combined with jurisdiction")];
}

/** Rules with `validate`, which is not supported: the router would let invalid payload pass. */
function validateFaults(role: unknown, path: Path): Fault[] {
  const rules = isDict(role) ? listOf(role.permissions) : [];
  return rules.flatMap((rule, index) =>
    isDict(rule) && rule.validate !== undefined
      ? [faultAt([...path, "permissions", index, "validate"], "payload validation is not supported")]
      : [],
  );
}

/**
 * Entries that become sessions: each needs a name of its own, by which the realm finds its session after a sleep, and a
 * role.
 */
function sessionFaults(entries: readonly unknown[], roles: ReadonlySet<string | undefined>, path: Path): Fault[] {
  return [
    ...duplicates(entries.map(nameOf), (index) => [...path, index, "name"]),
    // Only `role` itself: keys below `extra` may have the same name.
    ...entries.flatMap((entry, index) =>
      isDict(entry) ? roleReferenceFaults({ role: entry.role }, roles, [...path, index]) : [],
    ),
  ];
}

/** Match and procedure of a callee as one text. */
function calleeOf(callee: unknown): string | undefined {
  return isDict(callee) ? `${callee.match ?? "exact"} ${callee.procedure}` : undefined;
}
