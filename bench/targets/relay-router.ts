/** A relay in the workerd of this checkout, with the platform's settings of its router. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { findProject } from "../../src/cli/project/project.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { readSettings, type WorkerSettings, workerdProgram } from "../../src/cli/project/wrangler.ts";
import { Workerd } from "../../src/cli/workerd/workerd.ts";
import { RELAYS, type RelayName, serializersOf } from "../relay/relay-names.ts";
import type { RunningRouter } from "./running-router.ts";

const ENTRY = join(import.meta.dirname, "../relay/worker.ts");
/** The descriptor of standard error: standard output is for the figures. */
const STDERR = 2;
/** Milliseconds for workerd to end. */
const END_TIMEOUT_MS = 1000;

/** Starts a relay in a process of its own. */
export async function startRelay(name: RelayName): Promise<RunningRouter> {
  const project = findProject(import.meta.dirname);
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-relay-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  buildSync({ entryPoints: [ENTRY], bundle: true, format: "esm", outfile: join(folder, "worker.js") });
  const configFile = join(folder, "relay.capnp");
  writeFileSync(configFile, formatConfig(await readSettings(project)));
  const parameters = [configFile, "--socket-addr=http=127.0.0.1:0", `--directory-path=objects=${folder}`];
  const workerd = new Workerd(workerdProgram(project), parameters, process.env, STDERR);
  const ended = workerd.ended.then(({ code, signal }) => {
    throw new UserError(`the relay does not start: workerd ended (${signal ?? `code ${code}`})`);
  });
  const port = await Promise.race([workerd.port, ended]);
  ended.catch(() => {});
  return {
    name,
    socketUrl: (realm) => `ws://127.0.0.1:${port}/${RELAYS[name].path}/${realm}`,
    origin: undefined,
    pid: workerd.id,
    serializers: new Set(serializersOf(name)),
    close: async () => {
      await workerd.stop(END_TIMEOUT_MS);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same compatibility date, flags and storage as those of the router. */
function formatConfig(settings: WorkerSettings): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .relay),
    (name = "objects", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);

const relay :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${JSON.stringify(settings.compatibility_date)},
  compatibilityFlags = ${JSON.stringify(settings.compatibility_flags)},
  bindings = [(name = "RELAY", durableObjectNamespace = "RelayObject")],
  durableObjectNamespaces = [(className = "RelayObject", uniqueKey = "relay", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}
