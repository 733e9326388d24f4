/** `npm run serve`: the bundle that would be deployed, in plain workerd, with no wrangler or Node between it and a client. */

import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LocalEnvironment } from "./environment.ts";
import { type LocalServer, runServer } from "./lifecycle.ts";
import { ControlChannel } from "./workerd/control-channel.ts";
import { keyPrefixIn, openDataFolder, removeEmptyDatabases } from "./workerd/data-folder.ts";
import { descriptorLimit, descriptorNotice } from "./workerd/descriptors.ts";
import { DiskWatch } from "./workerd/disk-watch.ts";
import { makeRunFolder } from "./workerd/run-folder.ts";
import { Supervisor } from "./workerd/supervisor.ts";
import { Workerd } from "./workerd/workerd.ts";
import { uniqueKey, workerdConfig } from "./workerd/workerd-config.ts";
import { buildBundle, PROJECT, readSettings } from "./wrangler.ts";

const DEFAULT_DATA_DIRECTORY = "data";

/** Milliseconds that the Worker has to take in how full the disk is. */
const TELL_WITHIN_MS = 1_000;

/** Milliseconds that realms have to save what they hold and to close their sockets. */
const SAVE_WITHIN_MS = 5_000;
/** Milliseconds that workerd has to finish the requests in hand after that. */
const END_WITHIN_MS = 2_000;

async function startWorkerd(environment: LocalEnvironment): Promise<LocalServer> {
  const data = openDataFolder(environment.dataDirectory ?? DEFAULT_DATA_DIRECTORY);
  const folder = makeRunFolder();
  // Wrangler writes to its user's settings, and the user of a service may have no home.
  const home = { XDG_CONFIG_HOME: join(folder, "settings") };
  const [settings] = await Promise.all([readSettings(), buildBundle(folder, home)]);
  const keyPrefix = keyPrefixIn(data, settings.name);
  const bindings = { ...environment.bindings, WAMP_CONTROL: "true" };
  const configFile = join(folder, "workerd.capnp");
  const files =
    environment.assetsDirectory ?? (settings.assets?.directory && resolve(PROJECT, settings.assets.directory));
  writeFileSync(configFile, workerdConfig(settings, keyPrefix, Object.keys(bindings), files !== undefined));
  const host = environment.host.includes(":") ? `[${environment.host}]` : environment.host;
  const control = new ControlChannel(join(folder, "control"));
  const places = [`--socket-addr=control=unix:${control.path}`, `--directory-path=realms=${data}`];
  if (files !== undefined) places.push(`--directory-path=assets=${files}`);
  const start = (port: number): Workerd => {
    // Transports end with the process, and workerd would keep the files of each for ever.
    rmSync(join(data, uniqueKey(keyPrefix, "LongPollObject")), { recursive: true, force: true });
    for (const objects of ["RealmObject", "WebhookObject"])
      removeEmptyDatabases(join(data, uniqueKey(keyPrefix, objects)));
    rmSync(control.path, { force: true });
    const address = `--socket-addr=http=${host}:${port}`;
    return new Workerd([configFile, address, ...places], { ...process.env, ...bindings });
  };
  const supervisor = new Supervisor(start, environment.port);
  const disk = new DiskWatch(data, (state) => control.order(`disk-${state}`, TELL_WITHIN_MS));
  let isListening = false;
  const stop = async (): Promise<void> => {
    supervisor.expectEnd();
    disk.stop();
    // Until it listens there is nothing to save.
    if (isListening && supervisor.isRunning) await control.order("stop", SAVE_WITHIN_MS).catch(tellOfUnsaved);
    await supervisor.stop(END_WITHIN_MS);
  };
  const origin = supervisor.port.then(async (port) => {
    isListening = true;
    await disk.start();
    return new URL(`http://${host}:${port}/`);
  });
  const limit = descriptorLimit();
  return {
    origin,
    stop,
    kill: () => supervisor.kill(),
    notice: limit === undefined ? undefined : descriptorNotice(limit),
  };
}

function tellOfUnsaved({ message }: Error): void {
  process.stderr.write(`wamp-edge: the last changes may not be saved: ${message}\n`);
}

void runServer(startWorkerd);
