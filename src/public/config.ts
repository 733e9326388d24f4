/** Public entry: what `src/config.ts` imports. Node and the Worker both load it. */

import type { ConfigInput } from "../worker/config/config-schema.ts";

export type { EnvName } from "../wamp/config/auth.ts";
export type { ConfigInput };

/** Version of the router, as in `package.json`. */
export const VERSION = "0.1.0";

/**
 * Returns `config` unchanged; gives the editor its types. It stands here, apart from the schema, so that a program that
 * imports it does not load the schema.
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
