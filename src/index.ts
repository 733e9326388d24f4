/** The Worker: its HTTP app and other handlers, the classes of its objects, and what other Workers bind. */

import { createApp } from "./worker/app.ts";
import { queue, scheduled } from "./worker/triggers.ts";

export { CalleeWorker } from "./worker/callee-worker.ts";
export { LongPollObject } from "./worker/long-poll-object.ts";
export { RealmObject } from "./worker/realm-object.ts";
export { Wamp } from "./worker/service.ts";
export { WebhookObject } from "./worker/webhook-object.ts";

export default { fetch: createApp().fetch, scheduled, queue };
