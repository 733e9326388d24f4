/** `wamp-edge start`: runs the development server, which rebuilds the Worker when a source file changes. */

import { join } from "node:path";
import { OLDEST_NODE_WITH_SQLITE, requireNode } from "./project/node-version.ts";
import type { Project } from "./project/project.ts";
import { UserError } from "./project/user-error.ts";
import { ensureAssetsBinding, loadWrangler, readSettings, requireOfWrangler } from "./project/wrangler.ts";
import type { LocalServer, ServerContext } from "./run-server.ts";
import type { ServerOptions } from "./server-options.ts";
import { printWorkerLog, type WorkerLog } from "./worker-log.ts";
import { findKeyPrefix } from "./workerd/object-storage.ts";

/** The folder of the objects' state below the folder that Miniflare is given. */
const OBJECTS = "v3/do";

/**
 * Runs `wrangler dev` inside this process, so that a configuration of any size reaches the Worker unchanged and no
 * secret appears in a command line or a file.
 */
export async function startDevelopmentServer(
  options: ServerOptions,
  { project, output }: ServerContext,
): Promise<LocalServer> {
  const { unstable_startWorker: startWorker } = await loadWrangler(project);
  stopBundlerAtExit(project);
  const { name: workerName, main } = await readSettings(project);
  const bindings = Object.entries(options.bindings).map(([name, value]) => [name, { type: "plain_text", value }]);
  const { host: hostname, port, dataFolder, assetsFolder } = options;
  const data = dataFolder && (await openData(dataFolder));
  const worker = await startWorker({
    ...(data !== undefined && { name: findKeyPrefix(join(data, OBJECTS), workerName) }),
    ...(assetsFolder === undefined
      ? { config: project.settingsFile }
      : { config: await ensureAssetsBinding(project), ...(main && { entrypoint: main }), assets: assetsFolder }),
    bindings: Object.fromEntries(bindings),
    dev: {
      server: { hostname, port },
      inspector: false,
      watch: true,
      persist: data ?? false,
      // Without a handler wrangler prints the lines at its own log level, between its own messages.
      structuredLogsHandler: (line: WorkerLog) => printWorkerLog(line, project.folder, output),
    },
  }).catch((error: Error) => {
    throw new UserError(error.cause instanceof Error ? error.cause.message : error.message);
  });
  // The Worker reads its configuration with the first request, and logs its faults then: now, not with the next client.
  worker.raw.on("reloadComplete", () => void worker.url.then((url) => fetch(new URL("/healthz", url))).catch(() => {}));
  // Miniflare kills its processes when this one exits; `worker.dispose()` never resolves when the start was
  // interrupted.
  return { origin: worker.url, stop: async () => {}, kill: () => {} };
}

/**
 * Ends the bundler, the same instance that wrangler uses. When only its pipe closes while it builds, it finds its
 * threads in a deadlock and prints them all.
 */
function stopBundlerAtExit(project: Project): void {
  const { stop } = requireOfWrangler(project, "esbuild") as typeof import("esbuild");
  process.once("exit", () => void stop());
}

/** Opens the folder of the state. Loaded only here, because a server without such a folder runs on an older Node, too. */
async function openData(folder: string): Promise<string> {
  requireNode("a folder for the state (WAMP_DATA)", OLDEST_NODE_WITH_SQLITE);
  return (await import("./workerd/data-folder.ts")).openDataFolder(folder);
}
