/** Finds where the running package was installed from, so that a new project can install it from there, too. */

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { VERSION } from "../../public/config.ts";

/** The root folder of the running package, installed or a checkout. */
export const PACKAGE = join(import.meta.dirname, "../../..");

/**
 * Returns the dependency of a project on this package: `^VERSION` when `folder`, the package's root, comes from a
 * registry, `file:PATH` when it comes from a tarball or a folder on this machine, and the URL of any other source. The
 * registry may not have the version of a tarball.
 */
export function findPackageSource(folder: string = PACKAGE): string {
  if (basename(dirname(folder)) !== "node_modules") return toFileUrl(folder);
  const project = dirname(dirname(folder));
  const source = readSource(join(dirname(folder), ".package-lock.json"), `node_modules/${basename(folder)}`);
  if (source === undefined || /^https?:.*\/-\/[^/]+\.tgz$/.test(source)) return `^${VERSION}`;
  if (!source.startsWith("file:")) return source;
  const path = resolve(project, source.slice("file:".length));
  return existsSync(path) ? toFileUrl(path) : `^${VERSION}`;
}

/** Returns `resolved` of a package in the lock file that npm keeps in node_modules; other package managers have none. */
function readSource(lockFile: string, key: string): string | undefined {
  if (!existsSync(lockFile)) return undefined;
  const { packages } = JSON.parse(readFileSync(lockFile, "utf8")) as {
    packages?: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  return packages?.[key]?.resolved;
}

/** npm reads paths with slashes on every system. */
function toFileUrl(path: string): string {
  return `file:${path.replaceAll("\\", "/")}`;
}
