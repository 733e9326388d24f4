/** The configuration and components of this Worker, loaded once per isolate. */

import type { Fault } from "../../wamp/config/shape.ts";
import type { Components } from "../../wamp/local/component.ts";
import type { Env } from "../platform/env.ts";
import { hasJurisdictions } from "../platform/jurisdiction.ts";
import { writeLog } from "../platform/log.ts";
import { bindingFaults, componentFaults } from "./bindings.ts";
import { calleeFaults } from "./callee-bindings.ts";
import type { Config, ConfigInput } from "./config-schema.ts";
import { formatFaults, loadConfig } from "./load-config.ts";

/** The configuration in force, with its faults. */
export interface Deployment {
  /** Has no realms if there are faults: a faulty configuration must not start in part. */
  readonly config: Config;
  readonly faults: readonly Fault[];
  /** Components that realms may name. */
  readonly components: Components;
}

/** What the Worker's main module hands in. */
interface Sources {
  readonly config: ConfigInput;
  readonly components: Components;
}

let known: Deployment | undefined;
/** Of the deployer's own files; WAMP_CONFIG replaces the configuration, not the components. */
let deployed: Sources = { config: { version: 1, realms: [] }, components: {} };
/** Of a Worker that mounts the router in an app of its own; nothing replaces it. */
let embedded: Sources | undefined;

/**
 * Sets the configuration that holds where WAMP_CONFIG is blank, and the components. Call it before the first request.
 */
export function useDefaults(config: ConfigInput, components: Components): void {
  deployed = { config, components };
}

/**
 * Sets the configuration and the components of a Worker that mounts the router, for its objects, too. Call it before
 * the first request. Throws if another configuration is set already.
 */
export function useConfig(config: ConfigInput, components: Components = deployed.components): void {
  if (embedded !== undefined && embedded.config !== config) throw new Error("a Worker has one configuration");
  embedded = { config, components };
}

/** The configuration that is in force, or its faults; read once per isolate. */
export function deploymentOf(env: Env): Deployment {
  known ??= load(env);
  return known;
}

/** The configuration in force, for callers that run after the check for faults. */
export function configOf(env: Env): Config {
  return deploymentOf(env).config;
}

/** The configuration in force; throws if it is faulty. The log has the faults. */
export function soundConfig(env: Env): Config {
  const { config, faults } = deploymentOf(env);
  if (faults.length > 0) throw new Error("the router's configuration is faulty");
  return config;
}

function load(env: Env): Deployment {
  const isDevelopment = env.WAMP_DEVELOPMENT === "true";
  const { config: module, components } = embedded ?? deployed;
  const source = embedded === undefined ? { text: env.WAMP_CONFIG, module } : { module };
  const result = loadConfig({ ...source, env: { ...env }, isDevelopment });
  const faults = [
    ...(result.ok ? bindingFaults(result.config, env) : result.faults),
    ...calleeFaults(result.config, env),
    ...componentFaults(result.config, components),
  ];
  if (result.ok && faults.length === 0) {
    warnOfIgnoredJurisdictions(result.config, env);
    return { config: result.config, faults, components };
  }
  for (const fault of faults) writeLog({ level: "error", event: "config.refused", cause: formatFaults([fault]) });
  return { config: { version: 1, realms: [] }, faults, components };
}

/** Logs each realm whose jurisdiction the runtime does not support. */
function warnOfIgnoredJurisdictions({ realms }: Config, { REALM }: Env): void {
  for (const { name, jurisdiction } of realms) {
    if (jurisdiction === undefined || hasJurisdictions(REALM)) continue;
    const cause = "this runtime has no jurisdictions; the realm is here";
    writeLog({ level: "warn", event: "jurisdiction.ignored", realm: name, jurisdiction, cause });
  }
}
