/**
 * A router with one realm and its chat. In the router's own Worker the two stand in `src/config.ts` and
 * `src/components.ts`.
 */

import { createApp } from "../../src/public/worker.ts";
import { chat } from "./chat.ts";
import { config } from "./config.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "../../src/public/worker.ts";

export default createApp(config, { chat });
