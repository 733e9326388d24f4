/** `npm run bench`: the benchmark of the router (docs/performance.md). */

import { exitWithError } from "../src/cli/project/user-error.ts";
import { runProgram } from "./program.ts";

try {
  await runProgram(process.argv.slice(2));
} catch (error) {
  exitWithError(error);
}
