/** The classes that the platform looks for among the exports of a Worker's main module: objects, and entrypoints. */

export { CalleeWorker } from "./callees/callee-worker.ts";
export { Control } from "./control.ts";
export { LongPollObject } from "./long-poll/long-poll-object.ts";
export { RealmObject } from "./realm/realm-object.ts";
export { Wamp } from "./service.ts";
export { WebhookObject } from "./webhooks/webhook-object.ts";
