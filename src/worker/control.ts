/** Commands of the process that runs the Worker, such as `npm run serve`; a deployed Worker receives none. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Config } from "./config/config-schema.ts";
import { configOf } from "./config/deployment.ts";
import { realmFor } from "./config/realm-lookup.ts";
import type { Env } from "./platform/env.ts";
import { writeLog } from "./platform/log.ts";
import { type RealmStub, realmObject, relayObject } from "./routing/realm-stub.ts";
import { readObjectName } from "./routing/relay-names.ts";
import { beginStop, busyRealms } from "./routing/shutdown.ts";
import { type DiskState, setDiskState } from "./storage/free-space.ts";

/** Path → what a POST to it does; the result is the response body, as JSON. */
const COMMANDS: Readonly<Record<string, (env: Env) => object | Promise<object>>> = {
  "/stop": stop,
  "/disk-ample": () => reportDisk("ample"),
  "/disk-low": () => reportDisk("low"),
  "/disk-exhausted": () => reportDisk("exhausted"),
};

/**
 * Entrypoint for the commands. No route of the Worker leads here: only a service binding, or, in plain workerd, a
 * socket of its own (`workerdConfig`).
 */
export class Control extends WorkerEntrypoint<Env> {
  /** Runs the command of the request's path; 404 for other paths and methods. */
  override async fetch(request: Request): Promise<Response> {
    const command = COMMANDS[new URL(request.url).pathname];
    if (request.method !== "POST" || command === undefined)
      return Response.json({ error: "no such order" }, { status: 404 });
    return Response.json(await command(this.env));
  }
}

/** Sets the state of the disk for all objects of the process, and logs changes. */
function reportDisk(state: DiskState): object {
  if (!setDiskState(state)) return {};
  if (state === "ample") writeLog({ level: "info", event: "disk.recovered" });
  else writeLog({ level: "error", event: "disk.full", cause: state });
  return {};
}

/** Stops every busy realm: each saves its state and closes its sockets. Resolves when all are done. */
async function stop(env: Env): Promise<object> {
  beginStop();
  const config = configOf(env);
  const names = [...busyRealms];
  const stopped = await Promise.allSettled(names.map((name) => namedObject(env, config, name).stop()));
  const failed = stopped.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  for (const { reason } of failed) writeLog({ level: "error", event: "stop.failed", cause: String(reason) });
  return { realms: names.length, failed: failed.length };
}

/** The object of a name that is in `busyRealms`. */
function namedObject(env: Env, config: Config, name: string): RealmStub {
  const { realm, relay } = readObjectName(name)!;
  const settings = realmFor(config, realm)!;
  return relay === undefined ? realmObject(env, realm, settings) : relayObject(env, realm, settings, relay);
}
