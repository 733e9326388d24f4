/** Tells what an object does in its realm. */

import { hasRelayEpochs } from "../storage/relay-tables.ts";
import { CoreRole } from "./core-role.ts";
import type { RealmRole, RoleContext, RolePorts } from "./realm-role.ts";
import { RelayRole } from "./relay-role.ts";

/**
 * The role of an object; undefined for the only object of a realm without relays. A core whose relays are no longer
 * configured goes on as long as these have sessions.
 */
export function newRole(object: RoleContext, ports: RolePorts): RealmRole | undefined {
  if (object.relay !== undefined) return new RelayRole(object, object.relay, ports);
  const isCore = object.config.relays !== undefined || hasRelayEpochs(object.sql, object.tables);
  return isCore ? new CoreRole(object, ports) : undefined;
}
