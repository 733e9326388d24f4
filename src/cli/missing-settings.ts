/** Finds what a configuration needs and wrangler.toml lacks: bindings, cron triggers, consumers of queues. */

import { type Fault, faultAt } from "../wamp/config/shape.ts";
import { bindingFaults, serviceFault } from "../worker/config/bindings.ts";
import type { Config } from "../worker/config/config-schema.ts";
import type { Env } from "../worker/platform/env.ts";
import type { WorkerSettings } from "./project/wrangler.ts";

/**
 * Returns a fault for each setting that wrangler.toml lacks. The Worker itself sees only its bindings: without this
 * check a schedule whose cron trigger is missing never runs, and no error shows it.
 */
export function findMissingSettings(config: Config, settings: WorkerSettings): Fault[] {
  const crons = settings.triggers?.crons ?? [];
  const consumed = (settings.queues?.consumers ?? []).map(({ queue }) => queue);
  return [
    ...bindingFaults(config, mockBindings(settings)),
    ...findMissingServices(config, settings),
    ...(config.schedules ?? []).flatMap(({ cron }, index) => {
      if (crons.includes(cron)) return [];
      const lines = `[triggers]\ncrons = [${JSON.stringify(cron)}]`;
      return [faultAt(["schedules", index, "cron"], `is not a trigger in wrangler.toml. Add:\n${lines}`)];
    }),
    ...(config.queues ?? []).flatMap(({ queue }, index) => {
      if (consumed.includes(queue)) return [];
      const lines = `[[queues.consumers]]\nqueue = ${JSON.stringify(queue)}`;
      return [faultAt(["queues", index, "queue"], `has no consumer in wrangler.toml. Add:\n${lines}`)];
    }),
  ];
}

/** Returns bindings without a function, because only their names are known before a deployment. */
function mockBindings({ durable_objects, assets }: WorkerSettings): Partial<Env> {
  const objects = durable_objects.bindings.map(({ name }) => [name, { getByName: () => undefined }] as const);
  return { ...Object.fromEntries(objects), ...(assets !== undefined && { ASSETS: {} as Fetcher }) };
}

function findMissingServices({ realms }: Config, { services = [] }: WorkerSettings): Fault[] {
  const bound = services.map(({ binding }) => binding);
  return realms.flatMap(({ callees = [] }, realm) =>
    callees.flatMap(({ binding }, index) => {
      if (binding === undefined || bound.includes(binding)) return [];
      return [serviceFault(["realms", realm, "callees", index, "binding"], binding)];
    }),
  );
}
