/** The main module of a Worker whose router is the package. */

import { router } from "wamp-edge/worker";
import components from "./components.js";
import realms from "./realms.js";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "wamp-edge/worker";

export default router(realms, components) satisfies ExportedHandler<Env>;
