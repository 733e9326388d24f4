/** `wamp-edge check`: lists the faults of a configuration, and what wrangler.toml lacks for it. */

import type { Command } from "commander";
import type { Fault } from "../wamp/config/shape.ts";
import { componentFaults } from "../worker/config/bindings.ts";
import { formatFaults, type LoadedConfig, loadConfig } from "../worker/config/load-config.ts";
import { findFaultsOfObjects, findMissingServices, findMissingSettings, hasWebhooks } from "./missing-settings.ts";
import { loadComponents } from "./project/components-module.ts";
import { isModule, loadConfigModule } from "./project/config-module.ts";
import { readDevVars } from "./project/dev-vars.ts";
import { OLDEST_NODE_FOR_WRANGLER, requireNode } from "./project/node-version.ts";
import { findProject, type Project } from "./project/project.ts";
import { readText } from "./project/text-file.ts";
import { UserError } from "./project/user-error.ts";
import { readSettings } from "./project/wrangler.ts";

/** Adds the command to the program. */
export function addCheckCommand(program: Command): void {
  program
    .command("check")
    .description(
      "list all faults of a configuration and the settings that wrangler.toml lacks for it; reads secrets from the " +
        "environment, .dev.vars and .env",
    )
    .argument("[file]", "JSON or a module; default: src/realm.ts or src/config.ts of the project")
    .option("--config <file>", "the same as the argument")
    .option("--env <name>", "check the section [env.NAME] of wrangler.toml")
    .action(async (file: string | undefined, { config, env }: { config?: string; env?: string }) => {
      requireNode("wrangler", OLDEST_NODE_FOR_WRANGLER);
      await check(findProject(), file ?? config, env);
    });
}

async function check(project: Project, file: string | undefined, environment: string | undefined): Promise<void> {
  const source = await readConfig(project, file);
  const env = { ...(await readDevVars(project, environment)), ...process.env };
  const loaded = loadConfig({ ...source, env, isDevelopment: false });
  const faults = [...(loaded.ok ? [] : loaded.faults), ...(await findMissing(project, loaded, environment))];
  if (!loaded.ok || faults.length > 0) {
    throw new UserError(`the configuration has faults\n${formatFaults(faults)}`);
  }
  for (const line of await adviseOnFlags(project, environment)) process.stderr.write(`wamp-edge: ${line}\n`);
  const { length } = loaded.config.realms;
  process.stdout.write(`the configuration is valid; it has ${length} realm${length === 1 ? "" : "s"}\n`);
}

/** Reads `file`, JSON or a module; without `file`, the configuration of the project. */
async function readConfig(project: Project, file: string | undefined): Promise<{ text?: string; module: unknown }> {
  if (file === undefined) return { module: await loadConfigModule(project) };
  const text = readText(file);
  // The Worker would treat a blank file as no configuration.
  if (text.trim() === "") throw new UserError(`the file ${file} is empty`);
  return isModule(file) ? { module: await loadConfigModule(project, file) } : { text, module: undefined };
}

/**
 * Returns what the project lacks: for one environment, or for the Worker and the objects of all its environments. A
 * component that the Worker does not have would keep it from serving anything.
 * WAMP_ASSETS counts as a binding for files, as for `wamp-edge start`.
 */
async function findMissing(
  project: Project,
  loaded: LoadedConfig,
  environment: string | undefined,
): Promise<readonly Fault[]> {
  const settings = await readSettings(project, environment);
  const { environments } = settings;
  const others = environment === undefined ? environments.map((name) => readSettings(project, name)) : [];
  const needsWebhooks = loaded.ok && hasWebhooks(loaded.config);
  const faults = [settings, ...(await Promise.all(others))].flatMap((each) =>
    findFaultsOfObjects(project, each, needsWebhooks),
  );
  // Environments without migrations of their own share those of the Worker, and all share its main module.
  const different = [...new Map(faults.map((fault) => [formatFaults([fault]), fault])).values()];
  const served = process.env.WAMP_ASSETS ? { ...settings, assets: {} } : settings;
  const components = settings.main === undefined ? undefined : await loadComponents(project, settings.main);
  return [
    ...different,
    ...(components === undefined ? [] : componentFaults(loaded.config, components)),
    ...findMissingServices(loaded.config, settings),
    ...(loaded.ok ? findMissingSettings(loaded.config, served) : []),
  ];
}

/** Flags of the runtime that the router works without, and what is better with each. */
const ADVISED_FLAGS = {
  no_web_socket_compression: "doubles the throughput of short messages",
  enable_request_signal: "cancels the calls of HTTP clients that disconnect",
};

/** Returns a line for each advised flag that the settings lack. */
async function adviseOnFlags(project: Project, environment: string | undefined): Promise<readonly string[]> {
  const { compatibility_flags: flags, fileName } = await readSettings(project, environment);
  return Object.entries(ADVISED_FLAGS)
    .filter(([flag]) => !flags.includes(flag))
    .map(([flag, effect]) => {
      const line = `compatibility_flags = [${[...flags, flag].map((name) => JSON.stringify(name)).join(", ")}]`;
      return `${fileName}: the flag ${flag} ${effect}; write ${line}`;
    });
}
