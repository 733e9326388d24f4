/** The Worker's main module: its handlers, and the classes of its objects and entrypoints. */

import { router } from "wamp-edge/worker";
import components from "./components.ts";
import config from "./realm.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";

export default router(config, components);
