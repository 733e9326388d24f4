/** Bundles the Worker with wrangler, or takes a bundle that was made before. */

import { execFile } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireConsoleFiles } from "./console-files.ts";
import type { Project } from "./project.ts";
import { UserError } from "./user-error.ts";
import { WRANGLER_DEFAULTS, wranglerCommand } from "./wrangler.ts";

/**
 * Bundles the project's Worker into `folder`. `defaults` are variables for wrangler that the environment overrides.
 * Rejects with UserError and the output of the bundler when the Worker does not compile, or the router lacks its console.
 */
export async function buildBundle(project: Project, folder: string, defaults: NodeJS.ProcessEnv = {}): Promise<void> {
  requireConsoleFiles();
  const command = [wranglerCommand(project), "deploy", "--dry-run", "--outdir", folder];
  const options = { cwd: project.folder, env: { ...WRANGLER_DEFAULTS, ...defaults, ...process.env } };
  const build = promisify(execFile)(process.execPath, command, options);
  const killBuild = () => build.child.kill();
  process.once("exit", killBuild);
  await build.catch((error: { stdout: string; stderr: string }) => {
    throw new UserError(`the Worker does not build\n${error.stderr || error.stdout}`);
  });
  process.off("exit", killBuild);
}

/**
 * Copies a bundle that `wrangler deploy --dry-run --outdir` wrote to the folder `source`. Throws UserError when the
 * folder has none.
 */
export function copyBundle(source: string, folder: string): void {
  if (!existsSync(join(source, "index.js"))) {
    throw new UserError(
      `WAMP_BUNDLE: ${source} holds no index.js; npx wrangler deploy --dry-run --outdir ${source} makes it`,
    );
  }
  cpSync(source, folder, { recursive: true });
}
