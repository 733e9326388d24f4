/**
 * Public entry: the Worker's handlers, and the classes its main module must export under their names. Workers that run
 * the router import it; it needs the Workers runtime.
 */

export { createApp, router } from "../worker/app.ts";
export { CalleeWorker } from "../worker/callees/callee-entrypoint.ts";
export { Control } from "../worker/control.ts";
export { LongPollObject } from "../worker/long-poll/long-poll-object.ts";
export type { Env } from "../worker/platform/env.ts";
export { RealmObject } from "../worker/realm/realm-object.ts";
export { Wamp } from "../worker/service-entrypoint.ts";
export { queue, scheduled } from "../worker/triggers/triggers.ts";
export { WebhookObject } from "../worker/webhooks/webhook-object.ts";
