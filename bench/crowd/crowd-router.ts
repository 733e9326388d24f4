/** A router, or the relay of the benchmark, and the driver of its crowd in one workerd. */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { findProject } from "../../src/cli/project/project.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { readSettings, type WorkerSettings } from "../../src/cli/project/wrangler.ts";
import { formatModule } from "../../src/cli/workerd/workerd-config.ts";
import { RouterProcess } from "../measuring/router-process.ts";
import { placeRouter } from "../workerd/router-bundle.ts";
import { makeFolder, startWorkerd } from "../workerd/start-workerd.ts";
import { formatWorker, routerObjects } from "../workerd/worker-text.ts";
import { findFreePort, usedHeap } from "./heap.ts";
import type { Order, Tally } from "./orders.ts";

const DRIVER = join(import.meta.dirname, "driver.ts");
const RELAY = join(import.meta.dirname, "../relay/worker.ts");

/** A running process. */
export interface CrowdRouter {
  readonly process: RouterProcess;
  /** Has a driver carry out an order, the first one unless named; rejects with UserError if it fails. */
  order(order: Order, driver?: number): Promise<Tally>;
  /** Bytes of JavaScript objects of the router, after a garbage collection. */
  heapBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Starts the router with a configuration; without one, the relay. */
export async function startCrowdRouter(config: object | undefined): Promise<CrowdRouter> {
  const project = findProject(import.meta.dirname);
  const folder = makeFolder("crowd");
  const worker = await readSettings(project);
  await bundle(DRIVER, join(folder, "driver.js"));
  if (config === undefined) await bundle(RELAY, join(folder, "index.js"));
  else await placeRouter(project, folder);
  const file = join(folder, "crowd.capnp");
  writeFileSync(file, formatConfig(folder, worker, config !== undefined));
  const data = join(folder, "data");
  mkdirSync(data);
  const inspector = await findFreePort();
  const parameters = [`--inspector-addr=127.0.0.1:${inspector}`, `--directory-path=data=${data}`];
  const { pid, port, close } = await startWorkerd(project, file, parameters, { WAMP_CONFIG: JSON.stringify(config) });
  const held = new Set<number>();
  const end = new AbortController();
  const send = (order: Order, driver: number): Promise<Response> => {
    const { signal } = end;
    return fetch(`http://127.0.0.1:${port}/${driver}`, { method: "POST", body: JSON.stringify(order), signal });
  };
  const hold = async (driver: number): Promise<void> => {
    held.add(driver);
    while (!end.signal.aborted) await send({ kind: "hold" }, driver).catch(() => end.abort());
  };
  const order = async (order: Order, driver = 0): Promise<Tally> => {
    if (!held.has(driver)) void hold(driver);
    const response = await send(order, driver);
    if (!response.ok) throw new UserError(`the driver answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as Tally;
  };
  const heapBytes = () => usedHeap(inspector, "router", () => order({ kind: "visit", url: "http://router/healthz" }));
  return {
    ...{ process: new RouterProcess(pid), order, heapBytes },
    close: () => {
      end.abort();
      return close();
    },
  };
}

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({ entryPoints: [entry], bundle: true, format: "esm", outfile, external: ["cloudflare:workers"] });
}

function formatConfig(folder: string, worker: WorkerSettings, isRouter: boolean): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "router", worker = .router),
    (name = "driver", worker = .driver),
    (name = "data", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "driver")],
);
${formatWorker("router", worker, {
  modules: ["index.js"],
  moreModules: readdirSync(folder).map(formatModule).join(""),
  bindings: ['(name = "WAMP_CONFIG", fromEnvironment = "WAMP_CONFIG")'],
  objects: isRouter ? routerObjects(worker) : { RELAY: "RelayObject" },
  storage: "data",
})}${formatWorker("driver", worker, {
  modules: ["driver.js"],
  bindings: ['(name = "ROUTER", service = "router")'],
  objects: { DRIVER: "Driver" },
  storage: "data",
})}`;
}
