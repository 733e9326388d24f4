/** Finds the registries of reports. */

import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { namespaceIn } from "../platform/jurisdiction.ts";
import type { EntryFigures, RealmReport } from "./registry.ts";

/**
 * The name of the object that keeps reports. A realm's name has no `#`, so that no client reaches it, and it is of the
 * class of realms, because every deployment has that one bound: another class would need a migration.
 */
const NAME = "#metrics";

/** The object of a registry. */
export interface RegistryStub {
  /** Takes a report of a realm. */
  takeReport(report: RealmReport): Promise<void>;
  /** The sums of the reports, by entry of the configuration. */
  reportedSums(): Promise<EntryFigures[]>;
}

/** The registry of one jurisdiction, which the names of realms do not leave. */
export function registryIn(env: Env, jurisdiction: WorkerRealmConfig["jurisdiction"]): RegistryStub {
  // The platform's types for RPC do not know the methods of the class.
  return namespaceIn(env.REALM, jurisdiction).getByName(NAME) as unknown as RegistryStub;
}
