/** Reads the Worker's variables for local development, from the same files as `wrangler dev`. */

import type { Project } from "./project.ts";
import { UserError } from "./user-error.ts";
import { loadWrangler } from "./wrangler.ts";

/**
 * Returns text variables by name. `vars` of wrangler.toml, or of the section [env] of `environment`, are overridden by
 * `.dev.vars` (`.dev.vars.ENVIRONMENT` when that file exists) or, when neither exists, by `.env`, `.env.local` and the
 * environment of the process. Wrangler itself reads the files, so its rules apply. Rejects with UserError when a file
 * cannot be read.
 */
export async function readDevVars(
  project: Project,
  environment: string | undefined = process.env.CLOUDFLARE_ENV,
): Promise<Record<string, string>> {
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: getVars } = await loadWrangler(project);
  const { settingsFile } = project;
  const { vars, secrets } = readConfig({
    config: settingsFile,
    ...(environment !== undefined && { env: environment }),
  });
  try {
    const bindings = getVars(settingsFile, undefined, vars, environment, true, secrets);
    const texts = Object.entries(bindings).filter(([, { type }]) => type !== "json");
    return Object.fromEntries(texts.map(([name, { value }]) => [name, value as string]));
  } catch (error) {
    const { message, cause } = error as Error;
    throw new UserError(cause instanceof Error ? `${message} ${cause.message}` : message);
  }
}
