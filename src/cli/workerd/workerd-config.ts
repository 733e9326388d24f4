/** Translates the Worker's settings in wrangler.toml into a configuration of plain workerd. */

import { extname } from "node:path";
import type { WorkerSettings } from "../project/wrangler.ts";
import { formatUniqueKey } from "./object-storage.ts";

/**
 * Returns a workerd configuration for the bundle in the same folder. Text bindings are read from workerd's environment,
 * so no value has to be quoted here. The command line sets the addresses of the sockets `http` and `control` and the
 * paths of the folders `realms` and, with `hasAssets`, `assets`. `modules` are the bundle's further files, which the
 * Worker imports.
 */
export function formatWorkerdConfig(
  worker: WorkerSettings,
  keyPrefix: string,
  textBindings: readonly string[],
  hasAssets: boolean,
  modules: readonly string[] = [],
): string {
  const objects = worker.durable_objects.bindings;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "router", worker = .router),
    (name = "realms", disk = (writable = true)),
${hasAssets ? `    (name = "assets", disk = (allowDotfiles = true)),\n` : ""}\
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", http = (), service = "router"),
    (name = "control", http = (), service = (name = "router", entrypoint = "Control")),
  ],
);

const router :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
${modules.map(formatModule).join("")}\
  ],
  compatibilityDate = ${quote(worker.compatibility_date)},
  compatibilityFlags = [${worker.compatibility_flags.map(quote).join(", ")}],
  globalOutbound = "internet",
  bindings = [
${hasAssets ? `    (name = "ASSETS", service = "assets"),\n` : ""}\
${textBindings.map((name) => `    (name = ${quote(name)}, fromEnvironment = ${quote(name)}),\n`).join("")}\
${objects.map(({ name, class_name }) => `    (name = ${quote(name)}, durableObjectNamespace = ${quote(class_name)}),\n`).join("")}\
  ],
  durableObjectNamespaces = [
${objects.map(({ class_name }) => `    (className = ${quote(class_name)}, uniqueKey = ${quote(formatUniqueKey(keyPrefix, class_name))}, enableSql = true),\n`).join("")}\
  ],
  durableObjectStorage = (localDisk = "realms"),
);
`;
}

/** Ending of a module's name → its type in workerd, as wrangler's default rules have it; no other file is a module. */
const MODULE_TYPES: Readonly<Record<string, string>> = {
  ".bin": "data",
  ".html": "text",
  ".sql": "text",
  ".txt": "text",
  ".wasm": "wasm",
};

/** Returns the line of a module of the bundle; empty for other files. */
export function formatModule(name: string): string {
  const type = MODULE_TYPES[extname(name)];
  return type === undefined ? "" : `    (name = ${quote(name)}, ${type} = embed ${quote(name)}),\n`;
}

/** Returns a Cap'n Proto text literal; names contain no characters that JSON escapes differently. */
function quote(text: string): string {
  return JSON.stringify(text);
}
