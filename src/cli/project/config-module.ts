/** Loads the module of the configuration that a deployment would use. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleModule } from "./esbuild.ts";
import { nameInProject, type Project } from "./project.ts";
import { UserError } from "./user-error.ts";

/** Where the configuration is, relative to the project. */
const CONFIG_MODULES = ["src/realm.ts", "src/config.ts"];

/**
 * Returns the default export of the project's configuration, or of another `file`. esbuild bundles the module as it
 * bundles the Worker, so that imports resolve in the same way and any Node can run the result. Rejects with UserError
 * when the module does not compile, throws or has no default export.
 */
export async function loadConfigModule(project: Project, file: string = findConfigModule(project)): Promise<unknown> {
  const name = nameInProject(project, resolve(file));
  const { code } = bundleModule(project, resolve(file));
  const module = await importCode(code).catch((error: Error) => {
    throw new UserError(`${name}: ${error.message}`);
  });
  if (!("default" in module)) throw new UserError(`${name}: has no default export`);
  return module.default;
}

/** Imports a bundled module. */
export function importCode(code: string): Promise<object> {
  return import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
}

/** Whether a file of the configuration is a module; otherwise it is JSON. */
export function isModule(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file);
}

/** Returns the path of the project's configuration; throws UserError when it is at neither of its places. */
export function findConfigModule(project: Project): string {
  const file = CONFIG_MODULES.map((path) => join(project.folder, path)).find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new UserError(
    `${project.folder} has no ${CONFIG_MODULES.join(" and no ")}; name the file of your configuration with --config`,
  );
}
