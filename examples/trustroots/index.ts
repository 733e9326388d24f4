/**
 * A router with one realm that trusts certificates. In the router's own Worker, configuration and component belong in
 * `src/config.ts` and `src/components.ts`.
 */

import { createApp } from "wamp-edge/worker";
import { config } from "./config.ts";
import { trustroots } from "./trustroots.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";

export default createApp(config, { trustroots });
