/** The configuration of a relay, without what a realm has once, at its core. */

import type { WorkerRealmConfig } from "../config/realm-config.ts";

/**
 * The realm's configuration without the sessions that it opens itself. The webhooks stay: the relay sends their events to
 * the core.
 */
export function configOfRelay(config: WorkerRealmConfig): WorkerRealmConfig {
  return { ...config, components: [], callees: [] };
}
