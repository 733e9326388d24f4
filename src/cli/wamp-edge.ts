#!/usr/bin/env node
/** The command `wamp-edge`. It checks Node's version before it loads what an old Node cannot run. */

import * as nodeModule from "node:module";
import { OLDEST_NODE, requireNode } from "./project/node-version.ts";
import { exitWithError } from "./project/user-error.ts";

// Node 22.12 warns of a module that wrangler loads; the user of the command can change nothing about it.
process.noDeprecation = true;
// Compiling wrangler takes a third of the time of a command's start. Node 20 has no such cache.
nodeModule.enableCompileCache?.();

try {
  requireNode("wamp-edge", OLDEST_NODE);
  const { runProgram } = await import("./program.ts");
  await runProgram(process.argv.slice(2));
} catch (error) {
  exitWithError(error);
}
