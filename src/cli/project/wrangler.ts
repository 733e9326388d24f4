/** Loads the project's wrangler and reads its settings: offline, with no output but errors. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { compareVersions } from "./node-version.ts";
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
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string; readonly script_name?: string }[];
  };
  readonly migrations?: readonly Migration[];
  /** The name of the file, for messages. */
  readonly fileName: string;
  /** The name of the `[env]` section that these are the settings of. */
  readonly environment: string | undefined;
  /** Whether the `[env]` section has migrations of its own; otherwise it inherits those of the Worker. */
  readonly hasOwnMigrations: boolean;
  /** The names of all `[env]` sections. */
  readonly environments: readonly string[];
};

/** One of `[[migrations]]`. */
type Migration = {
  readonly tag: string;
  readonly new_classes?: readonly string[];
  readonly new_sqlite_classes?: readonly string[];
  readonly renamed_classes?: readonly { readonly to: string }[];
  readonly transferred_classes?: readonly { readonly to: string }[];
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

/** The package.json of wamp-edge itself, from `src` as well as from `dist`. */
const OWN_PACKAGE = join(import.meta.dirname, "../../../package.json");

/**
 * Returns the path of the package.json of the wrangler that the project uses or, when the project has none, the one
 * that wamp-edge uses. Throws UserError, one line, when neither has one and when its version is too old.
 */
export function findWrangler({ folder }: Project): string {
  const range = (readJson(OWN_PACKAGE) as { peerDependencies: { wrangler: string } }).peerDependencies.wrangler;
  const remedy = `npm install --save-dev "wrangler@${range}"`;
  const file = resolvePackage("wrangler", [join(folder, "package.json"), import.meta.filename]);
  if (file === undefined) {
    throw new UserError(`wamp-edge needs wrangler ${range}, which is not installed in ${folder}: ${remedy}`);
  }
  const { version } = readJson(file) as { version: string };
  if (compareVersions(version, range.replace(/^\D+/, "")) >= 0) return file;
  throw new UserError(`wamp-edge needs wrangler ${range}; ${folder} has ${version}: ${remedy}`);
}

/** Returns the path of a package's package.json, as the first of `places` that finds the package resolves it. */
function resolvePackage(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      return createRequire(place).resolve(`${name}/package.json`);
    } catch {
      // Not installed here.
    }
  }
  return undefined;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * Reads wrangler.toml with wrangler's own rules; `environment` is the name of an `[env]` section (default: the variable
 * CLOUDFLARE_ENV, or none). Rejects with UserError when wrangler refuses the file.
 */
export async function readSettings(project: Project, environment?: string): Promise<WorkerSettings> {
  const { unstable_readConfig: readConfig, experimental_readRawConfig: readRaw } = await loadWrangler(project);
  const options = { config: project.settingsFile, ...(environment !== undefined && { env: environment }) };
  try {
    const { env = {} } = readRaw({ config: project.settingsFile }).rawConfig;
    if (environment !== undefined && env[environment] === undefined) {
      const names = Object.keys(env).join(", ") || "none";
      throw new Error(`has no [env.${environment}]; its environments: ${names}`);
    }
    // Wrangler warns of an [env] without objects in many lines; `check` names the lines to add.
    const settings = readConfig(options, { hideWarnings: environment !== undefined });
    const section = settings.targetEnvironment;
    const hasOwnMigrations = section !== undefined && env[section]?.migrations !== undefined;
    const fileName = basename(project.settingsFile);
    const more = { fileName, environment: section, hasOwnMigrations, environments: Object.keys(env) };
    return { ...(settings as Omit<WorkerSettings, keyof typeof more>), ...more };
  } catch (error) {
    throw new UserError(`${basename(project.settingsFile)}: ${(error as Error).message}`);
  }
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
