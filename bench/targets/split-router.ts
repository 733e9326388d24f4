/**
 * A realm whose core has a process of its own: two relays, of which callers and publishers join one, callees and
 * subscribers the other. The CPU time is that of the core's process, with its end of the way between the processes.
 */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { findProject } from "../../src/cli/project/project.ts";
import { readSettings, type WorkerSettings } from "../../src/cli/project/wrangler.ts";
import { formatModule } from "../../src/cli/workerd/workerd-config.ts";
import { FORMAT_NAMES } from "../client/wire-format.ts";
import type { Settings } from "../scenarios/settings.ts";
import { placeRouter } from "../workerd/router-bundle.ts";
import { makeFolder, startWorkerd } from "../workerd/start-workerd.ts";
import { formatWorker, routerObjects } from "../workerd/worker-text.ts";
import { configFor } from "./checkout-router.ts";
import type { RunningRouter } from "./running-router.ts";

const ENTRY = join(import.meta.dirname, "../split/worker.ts");
/** The main module of both processes. */
const MAIN = "split.js";
const SIDES = ["core", "relays"] as const;
type Side = (typeof SIDES)[number];
const NEAR = "weur";
const FAR = "enam";

/** Starts both processes. */
export async function startSplitRouter(name: string, settings: Settings): Promise<RunningRouter> {
  const project = findProject(import.meta.dirname);
  const folder = makeFolder("split");
  await placeRouter(project, folder);
  await bundleWorker(join(folder, MAIN));
  const worker = await readSettings(project);
  const WAMP_CONFIG = JSON.stringify(configFor(settings, { relays: { [NEAR]: 1, [FAR]: 1 } }));
  const start = (side: Side) => {
    const file = join(folder, `${side}.capnp`);
    writeFileSync(file, formatConfig(side, folder, worker));
    const data = join(folder, side);
    mkdirSync(data);
    return startWorkerd(project, file, [`--directory-path=realms=${data}`], { WAMP_CONFIG });
  };
  const [core, relays] = [await start("core"), await start("relays")];
  const socketUrl = (region: string) => (realm: string) => `ws://127.0.0.1:${relays.port}/ws/${realm}?region=${region}`;
  return {
    name,
    socketUrl: socketUrl(NEAR),
    farSocketUrl: socketUrl(FAR),
    origin: undefined,
    pid: core.pid,
    serializers: new Set(FORMAT_NAMES),
    close: async () => {
      await Promise.all([core.close(), relays.close()]);
    },
  };
}

/** The router stays in its own module: the bundle of a deployment. */
async function bundleWorker(outfile: string): Promise<void> {
  const router: Plugin = {
    name: "router",
    setup: ({ onResolve }) => onResolve({ filter: /src\/index\.ts$/ }, () => ({ path: "./index.js", external: true })),
  };
  await build({
    ...{ entryPoints: [ENTRY], outfile, bundle: true, format: "esm" },
    external: ["cloudflare:workers"],
    plugins: [router],
  });
}

function formatConfig(side: Side, folder: string, worker: WorkerSettings): string {
  const addressOf = (each: Side): string => `unix:${join(folder, `${each}.sock`)}`;
  const other = side === "core" ? "relays" : "core";
  const service = '(name = "router", entrypoint = "Peer")';
  const http = '(capnpConnectHost = "peer")';
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "router", worker = .router),
    (name = "realms", disk = (writable = true)),
    (name = "peer", external = (address = "${addressOf(other)}", http = ${http})),
  ],
  sockets = [
    (name = "http", http = (), service = "router"),
    (name = "peer", address = "${addressOf(side)}", http = ${http}, service = ${service}),
  ],
);
${formatWorker("router", worker, {
  modules: [MAIN, "index.js"],
  moreModules: readdirSync(folder).map(formatModule).join(""),
  bindings: [
    `(name = "SIDE", text = "${side}")`,
    '(name = "PEER", service = "peer")',
    '(name = "WAMP_CONFIG", fromEnvironment = "WAMP_CONFIG")',
  ],
  objects: routerObjects(worker),
  storage: "realms",
})}`;
}
