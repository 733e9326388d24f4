/** Public entry: what `src/config.ts` imports. Node and the Worker both load it. */

export type { EnvName } from "../wamp/config/auth.ts";
export { type ConfigInput, defineConfig } from "../worker/config/config-schema.ts";

/** Version of the router, as in `package.json`. */
export const VERSION = "0.1.0";
