/** The configuration this Worker was deployed with, read once per isolate. */

import deployed from "../config.ts";
import type { Config, ConfigInput, Fault } from "./config.ts";
import { formatFaults, loadConfig } from "./config.ts";
import type { Env } from "./env.ts";

export interface Deployment {
  /** Without realms where there are faults: a wrong configuration never half-starts. */
  readonly config: Config;
  readonly faults: readonly Fault[];
}

let known: Deployment | undefined;
/** What somebody's own Worker brings instead of `src/config.ts` and WAMP_CONFIG. */
let brought: ConfigInput | undefined;

/** Puts `config` in the place of all others, for the objects of this Worker, too; before its first request. */
export function bring(config: ConfigInput): void {
  if (brought !== undefined && brought !== config) throw new Error("a Worker has one configuration");
  brought = config;
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
  if (result.ok) return { config: result.config, faults: [] };
  console.error(formatFaults(result.faults));
  return { config: { version: 1, realms: [] }, faults: result.faults };
}
