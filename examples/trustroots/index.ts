/** A router with one realm, which trusts certificates. In the router's own Worker the two stand in `src/config.ts` and `src/components.ts`. */

import { createApp } from "../../src/worker/app.ts";
import { config } from "./config.ts";
import { trustroots } from "./trustroots.ts";

export * from "../../src/worker/exports.ts";

export default createApp(config, { trustroots });
