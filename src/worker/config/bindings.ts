/**
 * What the configuration needs of the Worker, bindings and components: each request that uses a missing one would fail.
 */

import { listOf, nameOf } from "../../wamp/config/consistency.ts";
import { type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import type { Components } from "../../wamp/local/component.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Env } from "../platform/env.ts";
import type { Config } from "./config-schema.ts";
import type { WebPaths } from "./web-config.ts";

/** A fault for each binding that is missing, with the lines of wrangler.toml that bind it. */
export function bindingFaults({ realms, http }: Config, env: Partial<Env>): Fault[] {
  // Without realms the router refuses every client before it uses an object.
  if (realms.length === 0) return pathFaults(http?.paths, env);
  return [
    ...objectFaults("REALM", "RealmObject", env, []),
    ...objectFaults("LONG_POLL", "LongPollObject", env, []),
    ...realms.flatMap(({ webhooks_out = [] }, index) =>
      webhooks_out.length === 0 ? [] : objectFaults("WEBHOOK", "WebhookObject", env, ["realms", index, "webhooks_out"]),
    ),
    ...pathFaults(http?.paths, env),
  ];
}

/**
 * A fault for every component that a realm names and that is not among `components`. `config` may have other faults, so
 * that all are found in one round.
 */
export function componentFaults(config: unknown, components: Components): Fault[] {
  return realmEntries(config, "components").flatMap(([entry, path]) => {
    const name = nameOf(entry);
    if (name === undefined || Object.hasOwn(components, name)) return [];
    return [faultAt([...path, "name"], "is not in the registry (src/components.ts, or what createApp is given)")];
  });
}

/** A fault for each callee with a service binding that is missing. `config` may have other faults. */
export function serviceFaults(config: unknown, isBound: (binding: string) => boolean): Fault[] {
  return realmEntries(config, "callees").flatMap(([entry, path]) => {
    const binding = isDict(entry) ? entry.binding : undefined;
    return typeof binding !== "string" || isBound(binding) ? [] : [serviceFault([...path, "binding"], binding)];
  });
}

/** The entries that the realms of a configuration, which may be faulty, have under a key, with their paths. */
export function realmEntries(config: unknown, key: "callees" | "components"): [entry: unknown, path: Path][] {
  const realms = isDict(config) ? listOf(config.realms) : [];
  return realms.flatMap((realm, realmIndex) =>
    (isDict(realm) ? listOf(realm[key]) : []).map((entry, index): [unknown, Path] => [
      entry,
      ["realms", realmIndex, key, index],
    ]),
  );
}

/** The fault of a callee whose service `binding` is missing; `path` is that of the name of the binding. */
function serviceFault(path: Path, binding: string): Fault {
  const lines = `[[services]]\nbinding = "${binding}"\nservice = "its Worker"`;
  return faultAt(
    path,
    `is ${binding}, a service binding that this Worker does not have. Add to wrangler.toml:\n${lines}`,
  );
}

function objectFaults(
  name: "REALM" | "LONG_POLL" | "WEBHOOK",
  className: string,
  env: Partial<Env>,
  path: Path,
): Fault[] {
  if (typeof env[name]?.getByName === "function") return [];
  const lines = `[[durable_objects.bindings]]\nname = "${name}"\nclass_name = "${className}"`;
  return [faultAt(path, `needs the binding ${name}. Add to wrangler.toml, in an [env] as [[env.NAME.…]]:\n${lines}`)];
}

function pathFaults(paths: WebPaths | undefined, env: Partial<Env>, path: Path = ["http", "paths"]): Fault[] {
  return [...(paths ?? [])].flatMap(([key, service]) => {
    if (service.type === "path") return pathFaults(service.paths, env, [...path, key, "paths"]);
    if (service.type !== "static" || env.ASSETS !== undefined) return [];
    const lines = `[assets]\ndirectory = "./public"\nbinding = "ASSETS"\nrun_worker_first = true`;
    return [faultAt([...path, key], `needs a folder of files: WAMP_ASSETS, or in wrangler.toml\n${lines}`)];
  });
}
