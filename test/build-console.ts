/** Vitest's global setup: bundles the console from its present sources, which the Worker imports. */

import { join } from "node:path";
import { buildConsole } from "../src/cli/console-build/console-bundle.ts";

/** Takes a fifth of a second. */
export default async function setup(): Promise<void> {
  await buildConsole(join(import.meta.dirname, "../src/worker/web"));
}
