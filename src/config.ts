/** Your configuration: the realms, who may join them, and what they may do there (docs/realms.md). */

import { defineConfig } from "./public/config.ts";

export default defineConfig({
  version: 1,
  realms: [],
});
