/** What the platform starts: the handlers that stand beside `fetch` in the Worker's export. */

import { type Config, realmFor } from "./config.ts";
import { deploymentOf } from "./deployment.ts";
import type { Env } from "./env.ts";
import { publishMessages } from "./queue-consumer.ts";
import { visitedRealm } from "./realm-namespace.ts";
import { runSchedules } from "./schedule.ts";

/** Runs the schedules of a cron trigger; rejects where one failed, so that the platform shows it. */
export async function scheduled({ cron }: Pick<ScheduledController, "cron">, env: Env): Promise<void> {
  await runSchedules(cron, soundConfig(env), env);
}

/** Publishes what comes in the queues of the configuration; a batch of any other queue comes again. */
export async function queue(batch: MessageBatch, env: Env): Promise<void> {
  const config = soundConfig(env);
  const entry = config.queues?.find(({ queue }) => queue === batch.queue);
  if (entry === undefined) throw new Error(`no queue ${batch.queue} in the configuration`);
  await publishMessages(batch, entry, visitedRealm(env, entry.realm, realmFor(config, entry.realm)!));
}

/** The log has the faults themselves. */
function soundConfig(env: Env): Config {
  const { config, faults } = deploymentOf(env);
  if (faults.length > 0) throw new Error("the router's configuration is faulty");
  return config;
}
