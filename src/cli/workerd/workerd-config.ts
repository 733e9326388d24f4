/** The Worker's settings in wrangler.toml, said again in the words of plain workerd. */

import type { WorkerSettings } from "../wrangler.ts";

/**
 * A workerd configuration for the bundle that lies beside it. Text bindings come from workerd's environment, so no value
 * has to be quoted here; the sockets `http` and `control` and the directories `realms` and, with `hasAssets`, `assets` are
 * named, for the command line to place them.
 */
export function workerdConfig(
  worker: WorkerSettings,
  keyPrefix: string,
  textBindings: readonly string[],
  hasAssets: boolean,
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
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = ${quote(worker.compatibility_date)},
  compatibilityFlags = [${worker.compatibility_flags.map(quote).join(", ")}],
  globalOutbound = "internet",
  bindings = [
${hasAssets ? `    (name = "ASSETS", service = "assets"),\n` : ""}\
${textBindings.map((name) => `    (name = ${quote(name)}, fromEnvironment = ${quote(name)}),\n`).join("")}\
${objects.map(({ name, class_name }) => `    (name = ${quote(name)}, durableObjectNamespace = ${quote(class_name)}),\n`).join("")}\
  ],
  durableObjectNamespaces = [
${objects.map(({ class_name }) => `    (className = ${quote(class_name)}, uniqueKey = ${quote(uniqueKey(keyPrefix, class_name))}, enableSql = true),\n`).join("")}\
  ],
  durableObjectStorage = (localDisk = "realms"),
);
`;
}

/** The name of a class's objects over all times, and of their folder below the data directory. */
export function uniqueKey(prefix: string, className: string): string {
  return `${prefix}-${className}`;
}

/** A Cap'n Proto text literal; names have no characters that JSON escapes in another way. */
function quote(text: string): string {
  return JSON.stringify(text);
}
