/** What the platform starts: the handlers that stand beside `fetch` in the Worker's export. */

import { thrown } from "../../wamp/host/log-line.ts";
import type { Config } from "../config/config-schema.ts";
import { deploymentOf } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { realmRpc } from "../routing/realm-stub.ts";
import { isWebhookBatch, type WebhookBatch } from "../webhooks/webhook-batch.ts";
import { webhookObject } from "../webhooks/webhook-stub.ts";
import { publishMessages } from "./queue-consumer.ts";
import { runSchedules } from "./schedule.ts";

/** Runs the schedules of a cron trigger; rejects where one failed, so that the platform shows it. */
export async function scheduled({ cron }: Pick<ScheduledController, "cron">, env: Env): Promise<void> {
  await runSchedules(cron, soundConfig(env), env);
}

/**
 * Publishes what comes in the queues of the configuration, and gives the mailboxes of webhooks what comes for them in
 * another one. A batch of any other queue comes again.
 */
export async function queue(batch: MessageBatch, env: Env): Promise<void> {
  const config = soundConfig(env);
  const entry = config.queues?.find(({ queue }) => queue === batch.queue);
  if (entry === undefined) return distribute(batch, config, env);
  await publishMessages(batch, entry, realmRpc(env, entry.realm, realmFor(config, entry.realm)!));
}

/** Mail that a mailbox did not take comes again. */
async function distribute({ queue, messages }: MessageBatch, config: Config, env: Env): Promise<void> {
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

/** The log has the faults themselves. */
function soundConfig(env: Env): Config {
  const { config, faults } = deploymentOf(env);
  if (faults.length > 0) throw new Error("the router's configuration is faulty");
  return config;
}
