/**
 * A router with one realm and its chat. In the router's own Worker the two stand in `src/config.ts` and
 * `src/components.ts`.
 */

import { createApp } from "wamp-edge/worker";
import { chat } from "./chat.ts";
import { config } from "./config.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";

export default createApp(config, { chat });
