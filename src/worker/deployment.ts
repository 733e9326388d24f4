/** The configuration this Worker was deployed with, read once per isolate. */

import deployed from "../config.ts";
import type { Config, Fault } from "./config.ts";
import { formatFaults, loadConfig } from "./config.ts";
import type { Env } from "./env.ts";

export interface Deployment {
  /** Without realms where there are faults: a wrong configuration never half-starts. */
  readonly config: Config;
  readonly faults: readonly Fault[];
}

let known: Deployment | undefined;

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
  const result = loadConfig({ text: env.WAMP_CONFIG, module: deployed, env: { ...env }, isDevelopment });
  if (result.ok) return { config: result.config, faults: [] };
  console.error(formatFaults(result.faults));
  return { config: { version: 1, realms: [] }, faults: result.faults };
}
