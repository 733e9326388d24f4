/** `wamp-edge start` and `wamp-edge serve`: their options, which override the variables of the environment. */

import type { Command } from "commander";
import { OLDEST_NODE_FOR_WRANGLER, OLDEST_NODE_WITH_SQLITE, requireNode } from "./project/node-version.ts";
import type { StartServer } from "./run-server.ts";
import type { ServerFlags } from "./server-options.ts";

/** Adds both commands to the program. */
export function addServerCommands(program: Command): void {
  addServerCommand(
    program.command("start").description("run the development server, which rebuilds the Worker when a file changes"),
    "none: state ends with the server",
    async () => (await import("./start.ts")).startDevelopmentServer,
  );
  addServerCommand(
    program
      .command("serve")
      .description("run the bundle of a deployment in plain workerd, on your own machine")
      .option("--bundle <folder>", "folder of a bundle made before (variable WAMP_BUNDLE; default: bundle the Worker)"),
    "the folder data",
    async () => {
      requireNode("wamp-edge serve", OLDEST_NODE_WITH_SQLITE);
      return (await import("./serve.ts")).startWorkerd;
    },
    // workerd refuses a socket for an entrypoint that the Worker does not have, in words of its own configuration.
    ["Control"],
  );
}

/**
 * `load` loads the server only when it is started: it needs parts of Node that old versions lack. The main module must
 * export `classes`.
 */
function addServerCommand(
  command: Command,
  defaultData: string,
  load: () => Promise<StartServer>,
  classes: readonly string[] = [],
): void {
  command
    .option("--port <number>", "port to listen on, 0 for any (variable PORT; default 8787)")
    .option("--host <address>", "address to listen on (variable HOST; default 127.0.0.1)")
    .option("--data <folder>", `folder of the state on disk (variable WAMP_DATA; default ${defaultData})`)
    .option("--assets <folder>", "folder of the files to serve (variable WAMP_ASSETS)")
    .option("--config <file>", "JSON or module, replaces the configuration whole (variable WAMP_CONFIG)")
    .option("--json", "print one line of JSON when ready, log to standard error, and stop with the parent process")
    .action(async (flags: ServerFlags) => {
      requireNode("wrangler", OLDEST_NODE_FOR_WRANGLER);
      const [{ runServer }, start] = await Promise.all([import("./run-server.ts"), load()]);
      await runServer(start, flags, classes);
    });
}
