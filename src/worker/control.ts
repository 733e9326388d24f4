/** Orders of the process that runs the Worker itself, such as `npm run serve`; a deployed Worker never gets one. */

import { WorkerEntrypoint } from "cloudflare:workers";
import { configOf } from "./config/deployment.ts";
import { realmFor } from "./config/realm-lookup.ts";
import type { Env } from "./platform/env.ts";
import { writeLog } from "./platform/log.ts";
import { realmObject } from "./routing/realm-stub.ts";
import { beginStop, busyRealms } from "./routing/shutdown.ts";
import { type DiskState, setDiskState } from "./storage/free-space.ts";

/** Path → what a POST to it does; what is returned is the answer, as JSON. */
const ORDERS: Readonly<Record<string, (env: Env) => object | Promise<object>>> = {
  "/stop": stop,
  "/disk-ample": () => tellOfDisk("ample"),
  "/disk-low": () => tellOfDisk("low"),
  "/disk-exhausted": () => tellOfDisk("exhausted"),
};

/**
 * The entrypoint for orders. No route of the Worker leads here: only a service binding or, in plain workerd, a socket of
 * its own (`workerdConfig`).
 */
export class Control extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const order = ORDERS[new URL(request.url).pathname];
    if (request.method !== "POST" || order === undefined)
      return Response.json({ error: "no such order" }, { status: 404 });
    return Response.json(await order(this.env));
  }
}

/** All objects of the process learn how much room the disk has. */
function tellOfDisk(state: DiskState): object {
  if (!setDiskState(state)) return {};
  if (state === "ample") writeLog({ level: "info", event: "disk.recovered" });
  else writeLog({ level: "error", event: "disk.full", cause: state });
  return {};
}

/** Has every realm save what it holds and close its sockets; answers when that is done. */
async function stop(env: Env): Promise<object> {
  beginStop();
  const config = configOf(env);
  const names = [...busyRealms];
  const stopped = await Promise.allSettled(names.map((name) => realmObject(env, name, realmFor(config, name)!).stop()));
  const failed = stopped.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  for (const { reason } of failed) writeLog({ level: "error", event: "stop.failed", cause: String(reason) });
  return { realms: names.length, failed: failed.length };
}
