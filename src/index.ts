/** The Worker's main module: its handlers, and the classes of its objects and entrypoints. */

import components from "./components.ts";
import config from "./config.ts";
import { router } from "./public/worker.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "./public/worker.ts";

export default router(config, components);
