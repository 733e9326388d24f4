/**
 * `wamp-edge serve`: runs the bundle of a deployment in plain workerd; no wrangler or Node stands between it and a
 * client.
 */

import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildBundle, copyBundle } from "./project/bundle.ts";
import type { Project } from "./project/project.ts";
import { readSettings, workerdProgram } from "./project/wrangler.ts";
import type { LocalServer, ServerContext } from "./run-server.ts";
import type { ServerOptions } from "./server-options.ts";
import { ControlClient } from "./workerd/control-client.ts";
import { openDataFolder } from "./workerd/data-folder.ts";
import { DiskMonitor } from "./workerd/disk-monitor.ts";
import { findKeyPrefix, formatUniqueKey, removeEmptyDatabases } from "./workerd/object-storage.ts";
import { describeOpenFileLimit, readOpenFileLimit } from "./workerd/open-file-limit.ts";
import { Supervisor } from "./workerd/supervisor.ts";
import { makeTemporaryFolder } from "./workerd/temporary-folder.ts";
import { Workerd } from "./workerd/workerd.ts";
import { formatWorkerdConfig } from "./workerd/workerd-config.ts";

const DEFAULT_DATA_FOLDER = "data";

/** Milliseconds for the Worker to acknowledge a change of the disk's state. */
const DISK_TIMEOUT_MS = 1_000;
/** Milliseconds for the realms to save their state and to close their sockets. */
const SAVE_TIMEOUT_MS = 5_000;
/** Milliseconds after that for workerd to finish its open requests. */
const END_TIMEOUT_MS = 2_000;

export async function startWorkerd(options: ServerOptions, { project, output }: ServerContext): Promise<LocalServer> {
  const data = openDataFolder(options.dataFolder ?? join(project.folder, DEFAULT_DATA_FOLDER));
  const folder = makeTemporaryFolder();
  const [settings] = await Promise.all([readSettings(project), placeBundle(options.bundleFolder, project, folder)]);
  const keyPrefix = findKeyPrefix(data, settings.name);
  const bindings = { ...options.bindings, WAMP_CONTROL: "true" };
  const configFile = join(folder, "workerd.capnp");
  const assets =
    options.assetsFolder ?? (settings.assets?.directory && resolve(project.folder, settings.assets.directory));
  writeFileSync(
    configFile,
    formatWorkerdConfig(settings, keyPrefix, Object.keys(bindings), assets !== undefined, readdirSync(folder)),
  );
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const control = new ControlClient(join(folder, "control"));
  const parameters = [`--socket-addr=control=unix:${control.path}`, `--directory-path=realms=${data}`];
  if (assets !== undefined) parameters.push(`--directory-path=assets=${assets}`);
  const program = workerdProgram(project);
  const start = (port: number): Workerd => {
    // Long-poll transports end with the process, and workerd would keep their files.
    rmSync(join(data, formatUniqueKey(keyPrefix, "LongPollObject")), { recursive: true, force: true });
    for (const className of ["RealmObject", "WebhookObject"])
      removeEmptyDatabases(join(data, formatUniqueKey(keyPrefix, className)));
    rmSync(control.path, { force: true });
    const address = `--socket-addr=http=${host}:${port}`;
    return new Workerd(program, [configFile, address, ...parameters], { ...process.env, ...bindings }, output.fd);
  };
  const supervisor = new Supervisor(start, options.port);
  const monitor = new DiskMonitor(data, (state) => control.send(`disk-${state}`, DISK_TIMEOUT_MS));
  let isListening = false;
  const stop = async (): Promise<void> => {
    supervisor.stopRestarting();
    monitor.stop();
    // A router that does not listen yet has nothing to save.
    if (isListening && supervisor.isRunning) await control.send("stop", SAVE_TIMEOUT_MS).catch(warnUnsaved);
    await supervisor.stop(END_TIMEOUT_MS);
  };
  const origin = supervisor.port.then(async (port) => {
    isListening = true;
    await monitor.start();
    return new URL(`http://${host}:${port}/`);
  });
  const limit = readOpenFileLimit();
  const notice = limit === undefined ? undefined : describeOpenFileLimit(limit);
  return { origin, stop, kill: () => supervisor.kill(), notice };
}

/** Copies the bundle in `bundleFolder` to `folder`, or bundles the project's Worker there. */
async function placeBundle(bundleFolder: string | undefined, project: Project, folder: string): Promise<void> {
  if (bundleFolder !== undefined) return copyBundle(bundleFolder, folder);
  // Wrangler writes to the settings folder of its user, and the user of a service may have no home.
  await buildBundle(project, folder, { XDG_CONFIG_HOME: join(folder, "settings") });
}

function warnUnsaved({ message }: Error): void {
  process.stderr.write(`wamp-edge: the last changes may not be saved: ${message}\n`);
}
