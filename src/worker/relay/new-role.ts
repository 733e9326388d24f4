/** Tells what an object does in its realm. */

import { CoreRole } from "./core-role.ts";
import type { RealmRole, RoleContext, RolePorts } from "./realm-role.ts";
import { RelayRole } from "./relay-role.ts";

/** The role of an object; undefined for the only object of a realm without relays. */
export function newRole(object: RoleContext, ports: RolePorts): RealmRole | undefined {
  if (object.relay !== undefined) return new RelayRole(object, object.relay, ports);
  return object.config.relays === undefined ? undefined : new CoreRole(object, ports);
}
