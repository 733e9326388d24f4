/**
 * A router with one realm that trusts certificates. In the router's own Worker, configuration and component belong in
 * `src/config.ts` and `src/components.ts`.
 */

import { createApp } from "../../src/public/worker.ts";
import { config } from "./config.ts";
import { trustroots } from "./trustroots.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "../../src/public/worker.ts";

export default createApp(config, { trustroots });
