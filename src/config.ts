/** What you deploy: your realms, who may join them, and what they may do there. Every fault is listed by its path at start. */

import { defineConfig } from "./worker/config/config.ts";

export default defineConfig({
  version: 1,
  realms: [],
});
