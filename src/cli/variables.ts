/** Variables of a Worker on this machine: what wrangler.toml and the files beside it say, as `wrangler dev` reads them. */

import { StartError } from "./environment.ts";
import { loadWrangler, WRANGLER_CONFIG } from "./wrangler.ts";

/**
 * Text variables by name: `vars` of wrangler.toml, replaced by what `.dev.vars` says (`.dev.vars.ENV` where CLOUDFLARE_ENV
 * is set) or, where there is no such file, by `.env`, `.env.local` and those of the environment. Wrangler reads them, so
 * that its rules hold. Rejects with StartError where a file cannot be read.
 */
export async function readVariables(settingsFile: string = WRANGLER_CONFIG): Promise<Record<string, string>> {
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: getVars } = await loadWrangler();
  const { vars, secrets } = readConfig({ config: settingsFile });
  try {
    const bindings = getVars(settingsFile, undefined, vars, process.env.CLOUDFLARE_ENV, true, secrets);
    const texts = Object.entries(bindings).filter(([, { type }]) => type !== "json");
    return Object.fromEntries(texts.map(([name, { value }]) => [name, value as string]));
  } catch (error) {
    const { message, cause } = error as Error;
    throw new StartError(cause instanceof Error ? `${message} ${cause.message}` : message);
  }
}
