/** Calls and publications by cron trigger. */

import type { Config } from "../config/config-schema.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Schedule } from "../config/triggers-config.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { describeFailure } from "../routing/realm-rpc.ts";
import { realmRpc } from "../routing/realm-stub.ts";

/** Default timeout of a call, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Runs all schedules of one cron trigger concurrently. Logs failures, and rejects with one line per failure. */
export async function runSchedules(cron: string, config: Config, env: Env): Promise<void> {
  const due = (config.schedules ?? []).filter((schedule) => schedule.cron === cron);
  if (due.length === 0)
    writeLog({ level: "warn", event: "schedule.unknown", cron, cause: "no schedule has this cron" });
  const faults = await Promise.all(due.map((schedule) => run(schedule, config, env)));
  const lines = faults.filter((fault) => fault !== undefined);
  for (const cause of lines) writeLog({ level: "error", event: "schedule.failed", cron, cause });
  if (lines.length > 0) throw new Error(lines.join("\n"));
}

/** Runs one schedule; resolves to its failure, if any. */
async function run(schedule: Schedule, config: Config, env: Env): Promise<string | undefined> {
  const { realm: name, role, call, publish, args, kwargs, options } = schedule;
  const realm = realmRpc(env, name, realmFor(config, name)!);
  const pass = { kind: "role", role, authid: role, by: "schedule" } as const;
  const visit =
    call === undefined
      ? realm.publish(pass, { uri: publish!, args, kwargs, options })
      : realm.call(pass, { uri: call, args, kwargs, options: { timeout: TIMEOUT_MS, ...options } });
  const fault = await visit.then(describeFailure, String);
  return fault && `schedule ${schedule.cron}: ${call ?? publish} in ${name}: ${fault}`;
}
