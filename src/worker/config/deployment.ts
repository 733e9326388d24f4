/** The configuration this Worker was deployed with, read once per isolate. */

import deployedComponents from "../../components.ts";
import deployed from "../../config.ts";
import type { Components } from "../../wamp/local/component.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { componentFaults } from "../realm/component-host.ts";
import { hasJurisdictions } from "../routing/realm-stub.ts";
import { bindingFaults } from "./bindings.ts";
import { calleeFaults } from "./callee-bindings.ts";
import type { Config, ConfigInput, Fault } from "./config.ts";
import { formatFaults, loadConfig } from "./config.ts";

export interface Deployment {
  /** Without realms where there are faults: a wrong configuration never half-starts. */
  readonly config: Config;
  readonly faults: readonly Fault[];
  /** Those that realms may name. */
  readonly components: Components;
}

let known: Deployment | undefined;
/** What somebody's own Worker brings instead of `src/config.ts` and WAMP_CONFIG. */
let brought: ConfigInput | undefined;
let components = deployedComponents;

/**
 * Puts `config` in the place of all others, and the components it names in the place of those in `src/components.ts`,
 * for the objects of this Worker, too; before its first request.
 */
export function bring(config: ConfigInput, itsComponents: Components = deployedComponents): void {
  if (brought !== undefined && brought !== config) throw new Error("a Worker has one configuration");
  brought = config;
  components = itsComponents;
}

export function deploymentOf(env: Env): Deployment {
  known ??= load(env);
  return known;
}

/** The configuration, for callers behind the check for faults. */
export function configOf(env: Env): Config {
  return deploymentOf(env).config;
}

function load(env: Env): Deployment {
  const isDevelopment = env.WAMP_DEVELOPMENT === "true";
  const source = brought === undefined ? { text: env.WAMP_CONFIG, module: deployed } : { module: brought };
  const result = loadConfig({ ...source, env: { ...env }, isDevelopment });
  const faults = result.ok
    ? [
        ...bindingFaults(result.config, env),
        ...calleeFaults(result.config, env),
        ...componentFaults(result.config, components),
      ]
    : result.faults;
  if (result.ok && faults.length === 0) {
    tellIgnoredJurisdictions(result.config, env);
    return { config: result.config, faults, components };
  }
  for (const fault of faults) writeLog({ level: "error", event: "config.refused", cause: formatFaults([fault]) });
  return { config: { version: 1, realms: [] }, faults, components };
}

/** One line for each realm whose data is not kept where the configuration says. */
function tellIgnoredJurisdictions({ realms }: Config, { REALM }: Env): void {
  for (const { name, jurisdiction } of realms) {
    if (jurisdiction === undefined || hasJurisdictions(REALM)) continue;
    const cause = "this runtime has no jurisdictions; the realm is here";
    writeLog({ level: "warn", event: "jurisdiction.ignored", realm: name, jurisdiction, cause });
  }
}
