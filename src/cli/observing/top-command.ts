/** `wamp-edge top`: what is in a realm and how much passes, refreshed. */

import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount, parseDuration } from "../client/duration.ts";
import { printJson, printLine } from "../client/printing.ts";
import type { LastingFlags } from "../client/run-session.ts";
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
  addConnectionOptions(command)
    .option("--interval <duration>", `time between two looks (default ${INTERVAL})`)
    .option("--count <number>", "end after this many looks")
    .option("--duration <duration>", "end after this time")
    .action(top);
}

async function top(flags: Flags): Promise<void> {
  const { runSession } = await import("../client/run-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const interval = parseDuration(flags.interval ?? INTERVAL, "--interval");
  await runSession(flags, async (session, stop) => {
    let former: Stats | undefined;
    for (let looks = 0; looks < count && !stop.aborted; looks++) {
      if (looks > 0) await delay(interval, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      const stats = (await callConsole(session, "wamp.edge.stats")) as Stats;
      if (flags.json) printJson(stats);
      else print(formatOverview(stats, former));
      former = stats;
    }
  });
}

function print(lines: readonly string[]): void {
  if (process.stdout.isTTY) process.stdout.write(CLEAR);
  for (const line of lines) printLine(line);
}
