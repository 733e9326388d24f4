/** What the caller's environment says about a local router: where it listens, where it keeps its data, how it is configured. */

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { formatFaults, loadConfig } from "../worker/config/config.ts";

/** What a local router is started with. */
export type LocalEnvironment = {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port; 0 lets the operating system choose. */
  readonly port: number;
  /** Directory that outlives the process; each command has its own default. */
  readonly dataDirectory: string | undefined;
  /** Folder of the files that static services serve. */
  readonly assetsDirectory: string | undefined;
  /** Text bindings of the Worker: name → value, passed on unchanged. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Realms whose name is not a pattern, in the order of the configuration. */
  readonly realms: readonly string[];
};

/** A fault the person at the terminal can mend; shown as its message alone. */
export class StartError extends Error {}

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;

/**
 * Reads HOST, PORT, WAMP_DATA, WAMP_ASSETS, WAMP_CONFIG (JSON text, or `@path` of a file) and the secrets that the
 * configuration names as `{"env": NAME}`. `variables` are those of the Worker (`readVariables`): all of them become
 * bindings, each replaced by one of `own` with the same name. `loadDeployed` gives the configuration that holds without
 * WAMP_CONFIG. Rejects with StartError where one of them cannot be used, and then with all faults of the configuration.
 */
export async function readEnvironment(
  own: NodeJS.ProcessEnv,
  loadDeployed: () => Promise<unknown>,
  variables: Readonly<Record<string, string>> = {},
): Promise<LocalEnvironment> {
  const environment = { ...variables, ...own };
  const text = readConfigText(environment.WAMP_CONFIG);
  const deployed = text === undefined ? await loadDeployed() : undefined;
  // Local only: a deployed Worker without a configuration admits nobody.
  const development = environment.WAMP_DEVELOPMENT || "true";
  const isDevelopment = development === "true";
  const loaded = loadConfig({ text, module: deployed, env: environment, isDevelopment });
  if (!loaded.ok) throw new StartError(listed(formatFaults(loaded.faults)));
  const secrets = secretsNamedIn(text === undefined ? deployed : JSON.parse(text), environment);
  return {
    host: environment.HOST || DEFAULT_HOST,
    port: readPort(environment.PORT),
    dataDirectory: environment.WAMP_DATA || undefined,
    assetsDirectory: readFolder(environment.WAMP_ASSETS),
    bindings: {
      ...Object.fromEntries(Object.keys(variables).map((name) => [name, environment[name] ?? ""])),
      ...Object.fromEntries(secrets),
      WAMP_DEVELOPMENT: development,
      ...(text === undefined ? {} : { WAMP_CONFIG: text }),
    },
    realms: loaded.config.realms.map(({ name }) => name).filter((name) => !name.includes("*")),
  };
}

function listed(faults: string): string {
  return faults.includes("\n") ? `the configuration has faults\n${faults}` : faults;
}

function readPort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(`PORT must be a number from 0 to 65535, not "${text}"`);
  }
  return port;
}

function readFolder(path: string | undefined): string | undefined {
  if (!path) return undefined;
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new StartError(`WAMP_ASSETS: ${path} is no folder`);
  return resolve(path);
}

function readConfigText(value: string | undefined): string | undefined {
  if (!value?.startsWith("@")) return value?.trim() ? value : undefined;
  const file = value.slice(1);
  try {
    const text = readFileSync(file, "utf8");
    if (text.trim()) return text;
  } catch (error) {
    throw new StartError(`WAMP_CONFIG: cannot read the file ${file} (${(error as Error).message})`);
  }
  // Not "no configuration": that would open the router to everybody.
  throw new StartError(`WAMP_CONFIG: the file ${file} is empty`);
}

/** [name, value] of the variables that the configuration names. */
function secretsNamedIn(config: unknown, environment: NodeJS.ProcessEnv): [string, string][] {
  if (config === null || typeof config !== "object") return [];
  const { env: name } = config as { env?: unknown };
  const deeper = Object.values(config).flatMap((part) => secretsNamedIn(part, environment));
  return typeof name === "string" ? [[name, environment[name] ?? ""], ...deeper] : deeper;
}
