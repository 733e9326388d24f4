/** Handlers of the Worker beside `fetch`: cron triggers and queues. */

import { thrown } from "../../wamp/host/log-line.ts";
import type { Config } from "../config/config-schema.ts";
import { soundConfig } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { realmRpc } from "../routing/realm-stub.ts";
import { isWebhookBatch, type WebhookBatch } from "../webhooks/webhook-batch.ts";
import { webhookObject } from "../webhooks/webhook-stub.ts";
import { publishMessages } from "./queue-consumer.ts";
import { runSchedules } from "./schedule.ts";

/** Runs the schedules of a cron trigger; rejects if one fails, so that the platform reports it. */
export async function scheduled({ cron }: Pick<ScheduledController, "cron">, env: Env): Promise<void> {
  await runSchedules(cron, soundConfig(env), env);
}

/**
 * Publishes messages of the configured queues, and delivers webhook batches of another queue to the objects of their
 * webhooks. Rejects batches of other queues, which the platform then retries.
 */
export async function queue(batch: MessageBatch, env: Env): Promise<void> {
  const config = soundConfig(env);
  const entry = config.queues?.find(({ queue }) => queue === batch.queue);
  if (entry === undefined) return deliverBatches(batch, config, env);
  await publishMessages(batch, entry, realmRpc(env, entry.realm, realmFor(config, entry.realm)!));
}

/** Delivers webhook batches; the queue retries those that their object does not accept. */
async function deliverBatches({ queue, messages }: MessageBatch, config: Config, env: Env): Promise<void> {
  if (!messages.every(({ body }) => isWebhookBatch(body))) throw new Error(`no queue ${queue} in the configuration`);
  for (const message of messages) {
    try {
      const batch = message.body as WebhookBatch;
      const realm = realmFor(config, batch.realm);
      if (realm === undefined) throw new Error(`no realm ${batch.realm} in the configuration`);
      await webhookObject(env, batch.realm, realm, batch.webhook).accept(batch);
      message.ack();
    } catch (error) {
      writeLog({ level: "error", event: "queue.failed", queue, ...thrown(error) });
      message.retry();
    }
  }
}
