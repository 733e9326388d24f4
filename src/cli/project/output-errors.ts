/** What a command does when its output cannot be written. */

import { exitWithError, UserError } from "./user-error.ts";

/** Ends the process with code 0 when the reader of its output has ended, as with `| head`, and else with one line. */
export function endWithOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      exitWithError(new UserError(`cannot write the output: ${error.message}`));
    });
  }
}
