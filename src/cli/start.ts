/** `npm start`: the development server, which rebuilds the Worker whenever a source file changes. */

import { join } from "node:path";
import { type LocalEnvironment, StartError } from "./environment.ts";
import { type LocalServer, runServer } from "./lifecycle.ts";
import { keyPrefixIn, openDataFolder } from "./workerd/data-folder.ts";
import { printWorkerLog } from "./workerd/worker-log.ts";
import { loadWrangler, PROJECT, readSettings, settingsWithAssets, WRANGLER_CONFIG } from "./wrangler.ts";

/** Where Miniflare keeps the state of objects, below the folder that it is given. */
const OBJECTS = "v3/do";

const ENTRY = join(PROJECT, "src/index.ts");

/**
 * Runs what `wrangler dev` runs, inside this process: a configuration of any size and any text reaches the Worker
 * unchanged, and no secret stands in a command line or in a file.
 */
async function startDevelopmentServer(environment: LocalEnvironment): Promise<LocalServer> {
  const { unstable_startWorker: startWorker } = await loadWrangler();
  const bindings = Object.entries(environment.bindings).map(([name, value]) => [name, { type: "plain_text", value }]);
  const { host: hostname, port, dataDirectory, assetsDirectory } = environment;
  const data = dataDirectory && openDataFolder(dataDirectory);
  const worker = await startWorker({
    ...(data !== undefined && { name: keyPrefixIn(join(data, OBJECTS), (await readSettings()).name) }),
    ...(assetsDirectory === undefined
      ? { config: WRANGLER_CONFIG }
      : { config: await settingsWithAssets(), entrypoint: ENTRY, assets: assetsDirectory }),
    bindings: Object.fromEntries(bindings),
    dev: {
      server: { hostname, port },
      inspector: false,
      watch: true,
      persist: data ?? false,
      // Wrangler would print them at its own level, with its own news in between.
      structuredLogsHandler: printWorkerLog,
    },
  }).catch((error: Error) => {
    throw new StartError(error.cause instanceof Error ? error.cause.message : error.message);
  });
  // Miniflare kills its processes when this one exits; `worker.dispose()` would wait for ever for a start cut short.
  return { origin: worker.url, stop: async () => {}, kill: () => {} };
}

void runServer(startDevelopmentServer);
