/** `wamp-edge top`: what is in a realm and how much passes, refreshed. */

import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount, parseDuration } from "../client/duration.ts";
import { EXIT_FEWER } from "../client/failures.ts";
import { addReconnectOption, type LastingFlags } from "../client/lasting-session.ts";
import { printJson, printLine } from "../client/printing.ts";
import { UserError } from "../project/user-error.ts";
import { callConsole } from "./call-console.ts";
import { formatOverview, type Stats } from "./overview.ts";

type Flags = LastingFlags & { readonly interval?: string };

const INTERVAL = "2s";
/** Clears the screen and puts the cursor to its beginning. */
const CLEAR = "\u001b[2J\u001b[H";

/** Adds the command to the program. */
export function addTopCommand(program: Command): void {
  const command = program
    .command("top")
    .description("show sessions, rates, errors and logins of the realm, refreshed until Ctrl-C (needs console)");
  addReconnectOption(addConnectionOptions(command))
    .option("--interval <duration>", `time between two looks (default ${INTERVAL})`)
    .option("--count <number>", "end after this many looks")
    .option("--duration <duration>", "end after this time; code 4 where --count was not reached")
    .action(top);
}

async function top(flags: Flags): Promise<void> {
  const { runLasting } = await import("../client/lasting-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const interval = parseDuration(flags.interval ?? INTERVAL, "--interval");
  let looks = 0;
  await runLasting(flags, async (session, stop) => {
    let former: Stats | undefined;
    while (!stop.aborted) {
      const stats = (await callConsole(session, "wamp.edge.stats")) as Stats;
      if (flags.json) printJson(stats);
      else print(formatOverview(stats, former));
      if (++looks >= count) return;
      former = stats;
      await delay(interval, undefined, { signal: stop }).catch(() => {});
    }
  });
  if (looks < count && flags.count !== undefined) {
    throw new UserError(`got ${looks} of ${count} looks`, { exitCode: EXIT_FEWER });
  }
}

function print(lines: readonly string[]): void {
  if (process.stdout.isTTY) process.stdout.write(CLEAR);
  for (const line of lines) printLine(line);
}
