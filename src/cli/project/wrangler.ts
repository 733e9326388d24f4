/** Loads the project's wrangler and reads its settings: offline, with no output but errors. */

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Project } from "./project.ts";
import { UserError } from "./user-error.ts";

/** The settings of wrangler.toml that the commands use. */
export type WorkerSettings = {
  readonly name: string;
  readonly main?: string;
  readonly compatibility_date: string;
  readonly compatibility_flags: readonly string[];
  readonly assets?: { readonly directory?: string };
  readonly triggers?: { readonly crons?: readonly string[] };
  readonly queues?: { readonly consumers?: readonly { readonly queue: string }[] };
  readonly services?: readonly { readonly binding: string }[];
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
};

/** The block that wrangler.toml has commented out, for a folder of files that only WAMP_ASSETS names. */
const ASSETS = { binding: "ASSETS", run_worker_first: true, html_handling: "none" };

/** Variables that wrangler reads; the environment of the command overrides them. */
export const WRANGLER_DEFAULTS = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG: "warn",
  // The local trace collector makes sockets several times slower.
  X_LOCAL_OBSERVABILITY: "false",
};

/** Imports wrangler. Not at the top of a file, because wrangler reads its variables when it is loaded. */
export async function loadWrangler(project: Project): Promise<typeof import("wrangler")> {
  Object.assign(process.env, { ...WRANGLER_DEFAULTS, ...process.env });
  return await import(pathToFileURL(createRequire(findWrangler(project)).resolve("wrangler")).href);
}

/** Returns the path of wrangler's command. */
export function wranglerCommand(project: Project): string {
  return join(dirname(findWrangler(project)), "bin/wrangler.js");
}

/** Imports a dependency of wrangler, in the version that wrangler itself uses. */
export function requireOfWrangler(project: Project, name: string): unknown {
  return createRequire(findWrangler(project))(name);
}

/** Returns the path of the workerd that wrangler uses. */
export function workerdProgram(project: Project): string {
  return (requireOfWrangler(project, "workerd") as { default: string }).default;
}

/**
 * Returns the path of the package.json of the wrangler that the project uses or, when the project has none, the one
 * that wamp-edge uses. Throws UserError when neither has one.
 */
function findWrangler({ folder }: Project): string {
  for (const from of [join(folder, "package.json"), import.meta.filename]) {
    try {
      return createRequire(from).resolve("wrangler/package.json");
    } catch {
      // Not installed here.
    }
  }
  throw new UserError(`wrangler is not installed in ${folder}: npm install --save-dev wrangler`);
}

/** Reads wrangler.toml with wrangler's own rules; `environment` is the name of an `[env]` section. */
export async function readSettings(project: Project, environment?: string): Promise<WorkerSettings> {
  const { unstable_readConfig: readConfig } = await loadWrangler(project);
  const options = environment === undefined ? {} : { env: environment };
  return readConfig({ config: project.settingsFile, ...options }) as WorkerSettings;
}

/** Returns the path of wrangler.toml, or of a copy with a binding for files added when wrangler.toml has none. */
export async function ensureAssetsBinding(project: Project): Promise<string> {
  if ((await readSettings(project)).assets !== undefined) return project.settingsFile;
  const { experimental_readRawConfig: readRaw } = await loadWrangler(project);
  const { rawConfig } = readRaw({ config: project.settingsFile });
  const file = join(project.folder, ".wrangler/with-assets.json");
  mkdirSync(dirname(file), { recursive: true });
  // Renamed into place, because another command may be reading the file.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ ...rawConfig, assets: ASSETS }));
  renameSync(`${file}.${process.pid}`, file);
  return file;
}
