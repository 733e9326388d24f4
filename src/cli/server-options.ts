/** Reads the options of `wamp-edge start` and `wamp-edge serve` from the command line and the environment. */

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { formatFaults, loadConfig } from "../worker/config/load-config.ts";
import { hasWebhooks } from "./missing-settings.ts";
import { isModule, loadConfigModule } from "./project/config-module.ts";
import type { Project } from "./project/project.ts";
import { UserError } from "./project/user-error.ts";

/** The options that a local router starts with. */
export type ServerOptions = {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port; 0 lets the operating system choose one. */
  readonly port: number;
  /** The folder that keeps state over restarts; undefined means the default of the command. */
  readonly dataFolder: string | undefined;
  /** Absolute path of the folder whose files static services serve. */
  readonly assetsFolder: string | undefined;
  /** Absolute path of the folder with the bundle to serve; undefined means that `serve` bundles the Worker. */
  readonly bundleFolder: string | undefined;
  /** Text bindings of the Worker: name → value. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Names of the realms that are not patterns, in the order of the configuration. */
  readonly realms: readonly string[];
  /** Whether a realm has outgoing webhooks. */
  readonly needsWebhooks: boolean;
};

/** The options of the command line, as commander reads them. */
export type ServerFlags = {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly assets?: string;
  readonly bundle?: string;
  /** A file: JSON, or a module. */
  readonly config?: string;
  readonly json?: boolean;
};

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;

/**
 * Returns `env` with the variables that the options of the command line override. The Worker gets the configuration of
 * a module as JSON: a module that its main module does not import cannot reach it otherwise.
 */
export async function overrideVariables(
  env: NodeJS.ProcessEnv,
  { port, host, data, assets, bundle, config }: ServerFlags,
  project: Project,
): Promise<NodeJS.ProcessEnv> {
  const text = config && (isModule(config) ? JSON.stringify(await loadConfigModule(project, config)) : `@${config}`);
  const folders = { WAMP_DATA: data, WAMP_ASSETS: assets, WAMP_BUNDLE: bundle };
  const flags = { PORT: port, HOST: host, ...folders, WAMP_CONFIG: text };
  return { ...env, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) };
}

/**
 * Reads HOST, PORT, WAMP_DATA, WAMP_ASSETS, WAMP_BUNDLE, WAMP_CONFIG (JSON text, or `@path` of a file) and the secrets that the
 * configuration names as `{"env": NAME}`. Every one of the Worker's `devVars` (`readDevVars`) becomes a binding; a
 * variable of `env` with the same name overrides it. `loadDeployed` returns the configuration to use without
 * WAMP_CONFIG. Rejects with UserError when a variable has an unusable value, and then lists every fault of the
 * configuration.
 */
export async function readServerOptions(
  env: NodeJS.ProcessEnv,
  loadDeployed: () => Promise<unknown>,
  devVars: Readonly<Record<string, string>> = {},
): Promise<ServerOptions> {
  const variables = { ...devVars, ...env };
  const text = readConfigText(variables.WAMP_CONFIG);
  const deployed = text === undefined ? await loadDeployed() : undefined;
  // Only local commands set this: a deployed Worker without a configuration admits no client.
  const development = variables.WAMP_DEVELOPMENT || "true";
  const isDevelopment = development === "true";
  const loaded = loadConfig({ text, module: deployed, env: variables, isDevelopment });
  if (!loaded.ok) throw new UserError(describeFaults(formatFaults(loaded.faults)));
  const secrets = findSecrets(text === undefined ? deployed : JSON.parse(text), variables);
  return {
    host: variables.HOST || DEFAULT_HOST,
    port: parsePort(variables.PORT),
    dataFolder: variables.WAMP_DATA || undefined,
    assetsFolder: resolveFolder("WAMP_ASSETS", variables),
    bundleFolder: resolveFolder("WAMP_BUNDLE", variables),
    bindings: {
      ...Object.fromEntries(Object.keys(devVars).map((name) => [name, variables[name] ?? ""])),
      ...Object.fromEntries(secrets),
      WAMP_DEVELOPMENT: development,
      ...(text === undefined ? {} : { WAMP_CONFIG: text }),
    },
    realms: loaded.config.realms.map(({ name }) => name).filter((name) => !name.includes("*")),
    needsWebhooks: hasWebhooks(loaded.config),
  };
}

function describeFaults(faults: string): string {
  return faults.includes("\n") ? `the configuration has faults\n${faults}` : faults;
}

function parsePort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UserError(`PORT must be a number from 0 to 65535, not "${text}"`);
  }
  return port;
}

function resolveFolder(name: string, variables: NodeJS.ProcessEnv): string | undefined {
  const path = variables[name];
  if (!path) return undefined;
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`${name}: ${path} is not a folder`);
  return resolve(path);
}

function readConfigText(value: string | undefined): string | undefined {
  if (!value?.startsWith("@")) return value?.trim() ? value : undefined;
  const file = value.slice(1);
  try {
    const text = readFileSync(file, "utf8");
    if (text.trim()) return text;
  } catch (error) {
    throw new UserError(`WAMP_CONFIG: cannot read the file ${file} (${(error as Error).message})`);
  }
  // Not treated as "no configuration", because that would open realm1 to all clients.
  throw new UserError(`WAMP_CONFIG: the file ${file} is empty`);
}

/** Returns [name, value] of the variables that the configuration names. */
function findSecrets(config: unknown, variables: NodeJS.ProcessEnv): [string, string][] {
  if (config === null || typeof config !== "object") return [];
  const { env: name } = config as { env?: unknown };
  const nested = Object.values(config).flatMap((part) => findSecrets(part, variables));
  return typeof name === "string" ? [[name, variables[name] ?? ""], ...nested] : nested;
}
