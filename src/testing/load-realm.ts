/** Finds the realm of a configuration that a test asks for. */

import type { LogLine } from "../wamp/host/log-line.ts";
import type { Components } from "../wamp/local/component.ts";
import type { Dict, Uri } from "../wamp/protocol/values.ts";
import { componentFaults } from "../worker/config/bindings.ts";
import type { Config, ConfigInput } from "../worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../worker/config/load-config.ts";
import type { WorkerRealmConfig } from "../worker/config/realm-config.ts";
import { onlyRealm, realmFor } from "../worker/config/realm-lookup.ts";

/** A realm with its configuration. */
interface NamedRealm {
  readonly name: Uri;
  readonly config: WorkerRealmConfig;
}

/**
 * Loads the configuration and finds the realm `name`, or the only one. Throws an error with all faults, or with the
 * names of the realms.
 */
export function loadRealm(module: ConfigInput, components: Components, env: Dict, name: Uri | undefined): NamedRealm {
  const loaded = loadConfig({ module, env, isDevelopment: false });
  const faults = [...(loaded.ok ? [] : loaded.faults), ...componentFaults(loaded.config, components)];
  if (!loaded.ok || faults.length > 0) throw new Error(`the configuration is faulty:\n${formatFaults(faults)}`);
  const config = name === undefined ? onlyRealm(loaded.config) : realmFor(loaded.config, name);
  if (config !== undefined) return { name: name ?? config.name, config };
  if (name === undefined) throw new TypeError(`the option realm must name one of the realms ${namesOf(loaded.config)}`);
  throw new TypeError(`the configuration has no realm ${name}; it has ${namesOf(loaded.config)}`);
}

function namesOf({ realms }: Config): string {
  return realms.length === 0 ? "(none)" : realms.map(({ name }) => name).join(", ");
}

/** A line for each part of the configuration that would need a server, and has no effect in memory. */
export function unservedParts({ callees = [], webhooks_out = [] }: WorkerRealmConfig): LogLine[] {
  return [
    ...callees.map(({ procedure }) => {
      const cause = "testRealm serves no callees; a session of the test can register the procedure";
      return { level: "warn", event: "callee.unserved", procedure, cause } as const;
    }),
    ...webhooks_out.map(({ name }) => {
      const cause = "testRealm sends no webhooks; a session of the test can subscribe to the topic";
      return { level: "warn", event: "webhook.unserved", webhook: name, cause } as const;
    }),
  ];
}
