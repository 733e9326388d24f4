/** Reads the Worker's variables for local development, from the same files as `wrangler dev`. */

import type { Project } from "./project.ts";
import { UserError } from "./user-error.ts";
import { loadWrangler } from "./wrangler.ts";

/**
 * Returns text variables by name. `vars` of wrangler.toml are overridden by `.dev.vars` (`.dev.vars.ENV` when
 * CLOUDFLARE_ENV is set) or, when that file does not exist, by `.env`, `.env.local` and the environment. Wrangler
 * itself reads the files, so its rules apply. Rejects with UserError when a file cannot be read.
 */
export async function readDevVars(project: Project): Promise<Record<string, string>> {
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: getVars } = await loadWrangler(project);
  const { settingsFile } = project;
  const { vars, secrets } = readConfig({ config: settingsFile });
  try {
    const bindings = getVars(settingsFile, undefined, vars, process.env.CLOUDFLARE_ENV, true, secrets);
    const texts = Object.entries(bindings).filter(([, { type }]) => type !== "json");
    return Object.fromEntries(texts.map(([name, { value }]) => [name, value as string]));
  } catch (error) {
    const { message, cause } = error as Error;
    throw new UserError(cause instanceof Error ? `${message} ${cause.message}` : message);
  }
}
