/** The text of a Worker in the configuration of workerd, with the platform's settings of this router. */

import type { WorkerSettings } from "../../src/cli/project/wrangler.ts";

/** A Worker. */
export interface WorkerParts {
  /** The main module first: files of the folder of the configuration. */
  readonly modules: readonly string[];
  /** Lines of further modules. */
  readonly moreModules?: string;
  /** Bindings, such as `(name = "PEER", service = "peer")`. */
  readonly bindings: readonly string[];
  /** Binding → class of its objects. */
  readonly objects: Readonly<Record<string, string>>;
  /** The service of a folder that keeps the objects. */
  readonly storage: string;
}

/** Returns the constant `name` of a configuration. */
export function formatWorker(
  name: string,
  { compatibility_date, compatibility_flags }: WorkerSettings,
  { modules, moreModules = "", bindings, objects, storage }: WorkerParts,
): string {
  const namespaces = Object.entries(objects);
  const bound = namespaces.map(([binding, type]) => `(name = "${binding}", durableObjectNamespace = "${type}")`);
  return `
const ${name} :Workerd.Worker = (
  modules = [
${modules.map((module) => `    (name = "${module}", esModule = embed "${module}"),\n`).join("")}${moreModules}  ],
  compatibilityDate = "${compatibility_date}",
  compatibilityFlags = ${JSON.stringify(compatibility_flags)},
  bindings = [
${[...bindings, ...bound].map((line) => `    ${line},\n`).join("")}  ],
  durableObjectNamespaces = [
${namespaces.map(([, type]) => `    (className = "${type}", uniqueKey = "bench-${type}", enableSql = true),\n`).join("")}  ],
  durableObjectStorage = (localDisk = "${storage}"),
);
`;
}

/** The objects of the router. */
export function routerObjects({ durable_objects }: WorkerSettings): Record<string, string> {
  return Object.fromEntries(durable_objects.bindings.map(({ name, class_name }) => [name, class_name]));
}
