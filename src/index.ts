/** The Worker: its HTTP app, its other handlers, and its classes. */

import { createApp } from "./worker/app.ts";
import { queue, scheduled } from "./worker/triggers/triggers.ts";

export { CalleeWorker, Control, LongPollObject, RealmObject, Wamp, WebhookObject } from "./worker/exports.ts";

export default { fetch: createApp().fetch, scheduled, queue };
