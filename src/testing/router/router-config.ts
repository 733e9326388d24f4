/** The configuration that a router of `startRouter` gets, and the tokens that it accepts. */

import { findConfigModule, loadConfigModule } from "../../cli/project/config-module.ts";
import type { Project } from "../../cli/project/project.ts";
import { UserError } from "../../cli/project/user-error.ts";
import type { Fault } from "../../wamp/config/shape.ts";
import type { Config, ConfigInput } from "../../worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../../worker/config/load-config.ts";
import { realmFor } from "../../worker/config/realm-lookup.ts";
import { relayName, relaysOf } from "../../worker/routing/relay-names.ts";
import { TestKey } from "./test-key.ts";

/** Bindings that are text: name → value. */
export type Variables = Readonly<Record<string, string>>;

/** How a router of `startRouter` is configured. */
export interface RouterConfig {
  /** WAMP_CONFIG, or nothing where the Worker keeps its own configuration. */
  readonly variables: Variables;
  /**
   * Signs a token for a session. Rejects with a TypeError where the configuration has no such realm, and with UserError
   * where the router has no key of the test.
   */
  sign(realm: string, authid: string, role: string): Promise<string>;
  /** The names of the realm's objects: its relays, as far as the configuration is known, and its own one. */
  objectsOf(realm: string): readonly string[];
}

/**
 * Returns the configuration `given`, or else the project's own, with a key of this process that admits sessions of the
 * test. Rejects with UserError and every fault when the configuration has faults.
 */
export async function prepareConfig(
  project: Project,
  given: ConfigInput | undefined,
  variables: Variables,
): Promise<RouterConfig> {
  const config = given ?? (await readProjectConfig(project, variables));
  if (config === undefined)
    return unchangedConfig("startRouter found no configuration, neither the option config nor src/realm.ts");
  const { realms } = check(config, variables);
  if (realms.length === 0) return unchangedConfig("the configuration has no realms");
  const key = await TestKey.generate();
  const extended = key.addTo(config as ConfigInput, variables);
  const checked = check(extended, variables);
  const sign = async (realm: string, authid: string, role: string): Promise<string> => {
    const found = realmFor(checked, realm);
    if (found === undefined) throw new TypeError(`the configuration has no realm ${realm}`);
    return key.sign(found.auth.jwt!, { realm, authid, role });
  };
  const objectsOf = (realm: string): string[] => {
    const relays = relaysOf(realmFor(checked, realm)?.relays ?? {});
    return [...relays.map((relay) => relayName(realm, relay)), realm];
  };
  return { variables: { WAMP_CONFIG: JSON.stringify(extended) }, sign, objectsOf };
}

/** Keeps the configuration as it is; `reason` says why no session of the test can be admitted. */
export function unchangedConfig(reason: string, variables: Variables = {}): RouterConfig {
  return {
    variables,
    sign: async () => {
      throw new UserError(`${reason}: log in with credentials of the configuration, by login()`);
    },
    objectsOf: (realm) => [realm],
  };
}

/** As the Worker reads it: WAMP_CONFIG of its variables, or else its module; undefined without either. */
async function readProjectConfig(project: Project, { WAMP_CONFIG: text = "" }: Variables): Promise<unknown> {
  if (text.trim() !== "") return parseJson(text);
  try {
    findConfigModule(project);
  } catch {
    return undefined;
  }
  return loadConfigModule(project);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`WAMP_CONFIG is not valid JSON: ${(error as Error).message}`);
  }
}

function check(config: unknown, env: Variables): Config {
  const loaded = loadConfig({ module: config, env, isDevelopment: false });
  if (loaded.ok) return loaded.config;
  throw new UserError(describeFaults(loaded.faults));
}

/** Lists all faults, one a line. */
export function describeFaults(faults: readonly Fault[]): string {
  return `the configuration is faulty:\n${formatFaults(faults)}`;
}
