/** What wrangler.toml lacks for a configuration: bindings, cron triggers, consumers of queues. */

import { type Fault, faultAt } from "../wamp/config/shape.ts";
import { bindingFaults, serviceFault } from "../worker/config/bindings.ts";
import type { Config } from "../worker/config/config.ts";
import type { Env } from "../worker/platform/env.ts";
import type { WorkerSettings } from "./wrangler.ts";

/**
 * A fault for each thing that the configuration names and the Worker would be deployed without. The Worker itself sees
 * its bindings only: a schedule whose cron is missing never runs, and nothing else shows it.
 */
export function wranglerFaults(config: Config, settings: WorkerSettings): Fault[] {
  const crons = settings.triggers?.crons ?? [];
  const consumed = (settings.queues?.consumers ?? []).map(({ queue }) => queue);
  return [
    ...bindingFaults(config, bindingsIn(settings)),
    ...serviceFaults(config, settings),
    ...(config.schedules ?? []).flatMap(({ cron }, index) => {
      if (crons.includes(cron)) return [];
      const lines = `[triggers]\ncrons = [${JSON.stringify(cron)}]`;
      return [faultAt(["schedules", index, "cron"], `is no trigger of wrangler.toml. Add it there:\n${lines}`)];
    }),
    ...(config.queues ?? []).flatMap(({ queue }, index) => {
      if (consumed.includes(queue)) return [];
      const lines = `[[queues.consumers]]\nqueue = ${JSON.stringify(queue)}`;
      return [faultAt(["queues", index, "queue"], `has no consumer in wrangler.toml. Add it there:\n${lines}`)];
    }),
  ];
}

/** Stand-ins for the bindings, as only their names are known before the deployment. */
function bindingsIn({ durable_objects, assets }: WorkerSettings): Partial<Env> {
  const objects = durable_objects.bindings.map(({ name }) => [name, { getByName: () => undefined }] as const);
  return { ...Object.fromEntries(objects), ...(assets !== undefined && { ASSETS: {} as Fetcher }) };
}

function serviceFaults({ realms }: Config, { services = [] }: WorkerSettings): Fault[] {
  const bound = services.map(({ binding }) => binding);
  return realms.flatMap(({ callees = [] }, realm) =>
    callees.flatMap(({ binding }, index) => {
      if (binding === undefined || bound.includes(binding)) return [];
      return [serviceFault(["realms", realm, "callees", index, "binding"], binding)];
    }),
  );
}
