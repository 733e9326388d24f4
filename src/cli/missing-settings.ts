/** Finds what a configuration needs and the project lacks: bindings, migrations, exports, triggers, consumers. */

import { type Fault, faultAt } from "../wamp/config/shape.ts";
import { bindingFaults, serviceFaults } from "../worker/config/bindings.ts";
import type { Config } from "../worker/config/config-schema.ts";
import type { Env } from "../worker/platform/env.ts";
import { findMissingExports, findMissingObjects } from "./missing-objects.ts";
import { bundleModule, RUNTIME_MODULES } from "./project/esbuild.ts";
import { nameInProject, type Project } from "./project/project.ts";
import { UserError } from "./project/user-error.ts";
import type { WorkerSettings } from "./project/wrangler.ts";

/** Whether a realm has outgoing webhooks. */
export function hasWebhooks({ realms }: Config): boolean {
  return realms.some(({ webhooks_out = [] }) => webhooks_out.length > 0);
}

/**
 * Returns a fault for each binding, migration and export that the router's objects need and the project lacks, and for
 * each class of `others` that the main module does not export. When the main module does not compile, its exports are
 * unknown: the build has its own error.
 */
export function findFaultsOfObjects(
  project: Project,
  settings: WorkerSettings,
  needsWebhooks: boolean,
  others: readonly string[] = [],
): Fault[] {
  const missing = findMissingObjects(settings, needsWebhooks);
  if (settings.main === undefined) return missing;
  try {
    const { exports } = bundleModule(project, settings.main, RUNTIME_MODULES);
    const main = nameInProject(project, settings.main);
    return [...missing, ...findMissingExports(main, exports, settings, needsWebhooks, others)];
  } catch (error) {
    if (error instanceof UserError) return missing;
    throw error;
  }
}

/**
 * Returns a fault for each other setting that wrangler.toml lacks. The Worker itself sees only its bindings: without this
 * check a schedule whose cron trigger is missing never runs, and no error shows it.
 */
export function findMissingSettings(config: Config, settings: WorkerSettings): Fault[] {
  const crons = settings.triggers?.crons ?? [];
  const consumed = (settings.queues?.consumers ?? []).map(({ queue }) => queue);
  return [
    ...bindingFaults(config, mockBindings(settings)),
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

/** Returns bindings without a function: those of objects, which `findMissingObjects` reports, and of files. */
function mockBindings({ assets }: WorkerSettings): Partial<Env> {
  const objects = ["REALM", "LONG_POLL", "WEBHOOK"].map((name) => [name, { getByName: () => undefined }] as const);
  return { ...Object.fromEntries(objects), ...(assets !== undefined && { ASSETS: {} as Fetcher }) };
}

/** Returns a fault for each service binding of a callee that wrangler.toml lacks. `config` may have other faults. */
export function findMissingServices(config: unknown, { services = [] }: WorkerSettings): Fault[] {
  return serviceFaults(config, (name) => services.some(({ binding }) => binding === name));
}
