/** Wrangler as this project runs it: offline, silent about anything but faults, with wrangler.toml as its only settings. */

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { StartError } from "./environment.ts";

/** The project's own directory. */
export const PROJECT = join(import.meta.dirname, "../..");

/** The Worker's settings. */
export const WRANGLER_CONFIG = join(import.meta.dirname, "../../wrangler.toml");

/** Where `npm run build` writes the bundle. */
export const BUNDLE_DIRECTORY = join(import.meta.dirname, "../../dist");

/** What wrangler.toml says that plain workerd has to know too. */
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

/** What wrangler.toml proposes for files, for when only the folder is given. */
const ASSETS = `
[assets]
binding = "ASSETS"
run_worker_first = true
html_handling = "none"
`;

const WRANGLER = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");

/** Variables that wrangler reads; each may be set otherwise by the caller. */
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG: "warn",
  // The local trace collector makes sockets several times slower.
  X_LOCAL_OBSERVABILITY: "false",
};

/** Wrangler's programming interface. It reads its variables when it is loaded, hence not an import at the top. */
export async function loadWrangler(): Promise<typeof import("wrangler")> {
  Object.assign(process.env, { ...QUIET, ...process.env });
  return await import("wrangler");
}

/** Reads wrangler.toml the way wrangler does; `environment` is the name of an [env]. */
export async function readSettings(environment?: string): Promise<WorkerSettings> {
  const { unstable_readConfig: readConfig } = await loadWrangler();
  const which = environment === undefined ? {} : { env: environment };
  return readConfig({ config: WRANGLER_CONFIG, ...which }) as WorkerSettings;
}

/** The path of the Worker's settings, with a binding for files added where they have none. */
export async function settingsWithAssets(): Promise<string> {
  if ((await readSettings()).assets !== undefined) return WRANGLER_CONFIG;
  const file = join(PROJECT, ".wrangler/with-assets.toml");
  mkdirSync(dirname(file), { recursive: true });
  // Another command may be reading it: it gets the old text or the new one, never a part.
  writeFileSync(`${file}.${process.pid}`, readFileSync(WRANGLER_CONFIG, "utf8") + ASSETS);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/**
 * Bundles the Worker into `folder`; `defaults` are variables for wrangler that the environment may set otherwise. Rejects
 * with StartError and the bundler's words when it does not compile.
 */
export async function buildBundle(folder: string, defaults: NodeJS.ProcessEnv = {}): Promise<void> {
  const command = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  const options = { cwd: PROJECT, env: { ...QUIET, ...defaults, ...process.env } };
  const build = promisify(execFile)(process.execPath, command, options);
  const abandon = () => build.child.kill();
  process.once("exit", abandon);
  await build.catch((error: { stdout: string; stderr: string }) => {
    throw new StartError(`the Worker does not build\n${error.stderr || error.stdout}`);
  });
  process.off("exit", abandon);
}
