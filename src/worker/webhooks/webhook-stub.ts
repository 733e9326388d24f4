/** Finds the object of a webhook and hands batches to it. */

import { thrown } from "../../wamp/host/log-line.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { namespaceIn } from "../platform/jurisdiction.ts";
import { writeLog } from "../platform/log.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { charactersOf, QUEUE_CHARACTERS, type WebhookBatch } from "./webhook-batch.ts";

/** The object of a webhook, as realms and Workers reach it. */
export interface WebhookStub {
  accept(batch: WebhookBatch): Promise<void>;
  deadLetters(after: number, limit: number): Promise<DeadLetter[]>;
  redeliver(ids?: readonly number[]): Promise<number>;
}

/** The object of a webhook, in the location and jurisdiction of its realm. */
export function webhookObject(
  env: Env,
  realm: string,
  { location, jurisdiction }: WorkerRealmConfig,
  webhook: string,
): WebhookStub {
  const name = JSON.stringify([realm, webhook]);
  const options = location === undefined ? undefined : { locationHint: location };
  return namespaceIn(env.WEBHOOK, jurisdiction).getByName(name, options) as unknown as WebhookStub;
}

/** Hands a batch over: to the queue WEBHOOKS if it is bound and accepts it, otherwise to the webhook's object. */
export async function enqueue(env: Env, config: WorkerRealmConfig, batch: WebhookBatch): Promise<void> {
  const characters = batch.events.reduce((sum, event) => sum + charactersOf(event), 0);
  if (env.WEBHOOKS !== undefined && characters <= QUEUE_CHARACTERS) {
    try {
      return void (await env.WEBHOOKS.send(batch, { contentType: "v8" }));
    } catch (error) {
      writeLog({ level: "error", event: "queue.failed", realm: batch.realm, queue: "WEBHOOKS", ...thrown(error) });
    }
  }
  await webhookObject(env, batch.realm, config, batch.webhook).accept(batch);
}
