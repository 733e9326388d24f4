/** What the caller's environment says about a local router: where it listens, where it keeps its data, how it is configured. */

import { readFileSync } from "node:fs";

/** What a local router is started with. */
export type LocalEnvironment = {
  /** Name or address to listen on. */
  readonly host: string;
  /** TCP port; 0 lets the operating system choose. */
  readonly port: number;
  /** Directory that outlives the process; each command has its own default. */
  readonly dataDirectory: string | undefined;
  /** Text bindings of the Worker: name → value, passed on unchanged. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Realms whose name is not a pattern, in the order of the configuration. */
  readonly realms: readonly string[];
};

/** A fault the person at the terminal can mend; shown as its message alone. */
export class StartError extends Error {}

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;
const DEVELOPMENT_REALM = "realm1";

/**
 * Reads HOST, PORT, WAMP_DATA, WAMP_CONFIG (JSON text, or `@path` of a file) and the secrets that the configuration
 * names as `{"env": NAME}`; `deployed` is the configuration that holds without WAMP_CONFIG. Throws StartError where one
 * of them cannot be used. Whether the configuration is a good one is for the Worker to say.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv, deployed: unknown): LocalEnvironment {
  const text = readConfigText(environment.WAMP_CONFIG);
  const config = text === undefined ? deployed : parseConfig(text);
  return {
    host: environment.HOST || DEFAULT_HOST,
    port: readPort(environment.PORT),
    dataDirectory: environment.WAMP_DATA || undefined,
    bindings: {
      ...Object.fromEntries(secretsNamedIn(config, environment)),
      // Local only: a deployed Worker without a configuration admits nobody.
      WAMP_DEVELOPMENT: environment.WAMP_DEVELOPMENT || "true",
      ...(text === undefined ? {} : { WAMP_CONFIG: text }),
    },
    realms: exactRealms(config) ?? [DEVELOPMENT_REALM],
  };
}

function readPort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(`PORT must be a number from 0 to 65535, not "${text}"`);
  }
  return port;
}

function readConfigText(value: string | undefined): string | undefined {
  if (!value?.startsWith("@")) return value || undefined;
  try {
    return readFileSync(value.slice(1), "utf8");
  } catch (error) {
    throw new StartError(`WAMP_CONFIG: cannot read the file ${value.slice(1)} (${reason(error)})`);
  }
}

function parseConfig(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartError(`WAMP_CONFIG is not JSON: ${reason(error)}`);
  }
}

/** The message of an error on one line. */
function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
}

/** [name, value] of the variables that the configuration names and that are set; the Worker reports those missing. */
function secretsNamedIn(config: unknown, environment: NodeJS.ProcessEnv): [string, string][] {
  if (config === null || typeof config !== "object") return [];
  const { env: name } = config as { env?: unknown };
  const deeper = Object.values(config).flatMap((part) => secretsNamedIn(part, environment));
  if (typeof name !== "string" || !Object.hasOwn(environment, name)) return deeper;
  return [[name, environment[name] ?? ""], ...deeper];
}

/** Undefined where the configuration has no realms of its own. */
function exactRealms(config: unknown): string[] | undefined {
  const { realms } = Object(config) as { realms?: unknown };
  if (!Array.isArray(realms) || realms.length === 0) return undefined;
  const names = realms.map((realm: unknown) => (Object(realm) as { name?: unknown }).name);
  return names.filter((name) => typeof name === "string").filter((name) => !name.includes("*"));
}
