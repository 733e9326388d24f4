/** Bundles the Worker with wrangler. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "./user-error.ts";
import { PROJECT, WRANGLER_DEFAULTS } from "./wrangler.ts";

/** The folder that `npm run build` writes the bundle to. */
export const BUNDLE_FOLDER = join(PROJECT, "dist");

const WRANGLER = join(PROJECT, "node_modules/wrangler/bin/wrangler.js");

/**
 * Bundles the Worker into `folder`. `defaults` are variables for wrangler that the environment overrides. Rejects with
 * UserError and the output of the bundler when the Worker does not compile.
 */
export async function buildBundle(folder: string, defaults: NodeJS.ProcessEnv = {}): Promise<void> {
  const command = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  const options = { cwd: PROJECT, env: { ...WRANGLER_DEFAULTS, ...defaults, ...process.env } };
  const build = promisify(execFile)(process.execPath, command, options);
  const killBuild = () => build.child.kill();
  process.once("exit", killBuild);
  await build.catch((error: { stdout: string; stderr: string }) => {
    throw new UserError(`the Worker does not build\n${error.stderr || error.stdout}`);
  });
  process.off("exit", killBuild);
}
