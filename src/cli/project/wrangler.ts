/** Loads wrangler and reads wrangler.toml: offline, with no output but errors. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The root folder of the project. */
export const PROJECT = join(import.meta.dirname, "../../..");

/** The path of wrangler.toml. */
export const WRANGLER_CONFIG = join(PROJECT, "wrangler.toml");

/** The settings of wrangler.toml that the commands use. */
export type WorkerSettings = {
  readonly name: string;
  readonly compatibility_date: string;
  readonly compatibility_flags: readonly string[];
  readonly assets?: { readonly directory?: string };
  readonly triggers?: { readonly crons?: readonly string[] };
  readonly queues?: { readonly consumers?: readonly { readonly queue: string }[] };
  readonly services?: readonly { readonly binding: string }[];
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
};

/** The block that wrangler.toml has commented out, for a folder of files that only WAMP_ASSETS names. */
const ASSETS = `
[assets]
binding = "ASSETS"
run_worker_first = true
html_handling = "none"
`;

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
export async function loadWrangler(): Promise<typeof import("wrangler")> {
  Object.assign(process.env, { ...WRANGLER_DEFAULTS, ...process.env });
  return await import("wrangler");
}

/** Reads wrangler.toml with wrangler's own rules; `environment` is the name of an `[env]` section. */
export async function readSettings(environment?: string): Promise<WorkerSettings> {
  const { unstable_readConfig: readConfig } = await loadWrangler();
  const options = environment === undefined ? {} : { env: environment };
  return readConfig({ config: WRANGLER_CONFIG, ...options }) as WorkerSettings;
}

/** Returns the path of wrangler.toml, or of a copy with a binding for files added when wrangler.toml has none. */
export async function ensureAssetsBinding(): Promise<string> {
  if ((await readSettings()).assets !== undefined) return WRANGLER_CONFIG;
  const file = join(PROJECT, ".wrangler/with-assets.toml");
  mkdirSync(dirname(file), { recursive: true });
  // Renamed into place, because another command may be reading the file.
  writeFileSync(`${file}.${process.pid}`, readFileSync(WRANGLER_CONFIG, "utf8") + ASSETS);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}
