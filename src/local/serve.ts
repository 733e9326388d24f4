/** `npm run serve`: the bundle that would be deployed, in plain workerd, with no wrangler or Node between it and a client. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type LocalEnvironment, StartError } from "./environment.ts";
import { fail, type LocalServer, runServer } from "./lifecycle.ts";
import { uniqueKey, workerdConfig } from "./workerd-config.ts";
import { BUNDLE_DIRECTORY, buildBundle, PROJECT, readSettings } from "./wrangler.ts";

const WORKERD = join(PROJECT, "node_modules/.bin/workerd");
const DEFAULT_DATA_DIRECTORY = "data";

/** How long workerd may take to finish the requests in hand; it would wait for an open WebSocket for ever. */
const STOP_WITHIN_MS = 2_000;

async function startWorkerd(environment: LocalEnvironment): Promise<LocalServer> {
  const [settings] = await Promise.all([readSettings(), buildBundle()]);
  const bindings = { ...settings.vars, ...environment.bindings };
  const configFile = join(BUNDLE_DIRECTORY, "workerd.capnp");
  const files =
    environment.assetsDirectory ?? (settings.assets?.directory && resolve(PROJECT, settings.assets.directory));
  writeFileSync(configFile, workerdConfig(settings, Object.keys(bindings), files !== undefined));
  const data = resolve(environment.dataDirectory ?? DEFAULT_DATA_DIRECTORY);
  mkdirSync(data, { recursive: true });
  // Transports end with the process, and workerd would keep the files of each for ever.
  rmSync(join(data, uniqueKey(settings, "LongPollObject")), { recursive: true, force: true });
  const host = environment.host.includes(":") ? `[${environment.host}]` : environment.host;
  const places = [`--socket-addr=http=${host}:${environment.port}`, `--directory-path=realms=${data}`];
  if (files !== undefined) places.push(`--directory-path=assets=${files}`);
  const workerd = spawnWorkerd(["serve", configFile, ...places, "--control-fd=3"], { ...process.env, ...bindings });
  workerd.once("error", fail);
  workerd.once("exit", failBecauseItEnded);
  const origin = listeningPort(workerd).then((port) => new URL(`http://${host}:${port}/`));
  return { origin, stop: () => stopWorkerd(workerd) };
}

function spawnWorkerd(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    // Detached, so that a Ctrl-C reaches workerd by way of `stopWorkerd` alone.
    return spawn(WORKERD, command, { env, stdio: ["ignore", "inherit", "inherit", "pipe"], detached: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
    throw new StartError("WAMP_CONFIG is larger than the operating system lets a variable be (Linux: 128 KiB)");
  }
}

function failBecauseItEnded(code: number | null, signal: NodeJS.Signals | null): never {
  fail(new StartError(`workerd ended by itself (${signal ?? `code ${code}`})`));
}

/** workerd reports the port of its one socket as a line of JSON on the control descriptor. */
async function listeningPort(workerd: ChildProcess): Promise<number> {
  const [line] = await once(createInterface(workerd.stdio[3] as Readable), "line");
  return (JSON.parse(line as string) as { port: number }).port;
}

async function stopWorkerd(workerd: ChildProcess): Promise<void> {
  if (workerd.exitCode !== null || workerd.signalCode !== null) return;
  workerd.off("exit", failBecauseItEnded);
  const ended = once(workerd, "exit");
  workerd.kill("SIGTERM");
  const impatience = setTimeout(() => workerd.kill("SIGKILL"), STOP_WITHIN_MS);
  await ended;
  clearTimeout(impatience);
}

void runServer(startWorkerd);
