/** `wamp-edge tap`: prints messages of the realm as they pass. */

import { type Command, Option } from "commander";
import { type Dict, isDict, type List } from "../../wamp/protocol/values.ts";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount, parseDuration } from "../client/duration.ts";
import { EXIT_FEWER } from "../client/failures.ts";
import { formatPayloadLine, printJson, printLine, printNotice } from "../client/printing.ts";
import type { LastingFlags } from "../client/run-session.ts";
import { UserError } from "../project/user-error.ts";
import { describeRefusal } from "./call-console.ts";

type Flags = LastingFlags & {
  readonly of?: string;
  readonly session?: string;
  readonly match?: "exact" | "prefix" | "wildcard";
  readonly payloadLimit?: string;
};

const PROCEDURE = "wamp.edge.tap";
/** Milliseconds that a tap lasts at most. */
const MAX_MS = 600_000;

/** Adds the command to the program. */
export function addTapCommand(program: Command): void {
  const command = program
    .command("tap")
    .description("print messages of the realm as they pass, without credentials (needs a role with console)")
    .argument("[uri]", "only messages with this topic or procedure");
  addConnectionOptions(command)
    .addOption(new Option("--match <policy>", "how the URI matches").choices(["exact", "prefix", "wildcard"]))
    .option("--of <authid>", "only messages from and to sessions of this authid")
    .option("--session <id>", "only messages from and to this session")
    .option("--payload-limit <number>", "characters shown of one payload (default 1024, at most 8192)")
    .option("--count <number>", "end after this many messages")
    .option(
      "--duration <duration>",
      "end after this time (default and at most 10m); code 4 where --count was not reached",
    )
    .action(tap);
}

async function tap(uri: string | undefined, flags: Flags): Promise<void> {
  const { runSession } = await import("../client/run-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const kwargs = selectionOf(uri, flags);
  // The router ends the tap.
  const { duration: _, ...others } = flags;
  await runSession(others, async (session, stop) => {
    const full = new AbortController();
    let shown = 0;
    const onProgress = ([message]: List): void => {
      if (!isDict(message) || shown >= count) return;
      printMessage(message, flags.json);
      if (++shown === count) full.abort();
    };
    printNotice("showing messages; Ctrl-C ends");
    const signal = AbortSignal.any([stop, full.signal]);
    try {
      const { args } = await session.call(PROCEDURE, [], kwargs, { onProgress, signal });
      printSummary(args[0], flags.json);
    } catch (error) {
      if (!signal.aborted) throw await describeRefusal(error, PROCEDURE, session);
    }
    if (shown < count && flags.count !== undefined) {
      throw new UserError(`got ${shown} of ${count} messages`, { exitCode: EXIT_FEWER });
    }
  });
}

function selectionOf(uri: string | undefined, { of, session, match, duration, payloadLimit }: Flags): Dict {
  const milliseconds = duration === undefined ? undefined : parseDuration(duration, "--duration");
  if (milliseconds !== undefined && milliseconds > MAX_MS) throw new UserError("--duration of a tap is at most 10m");
  return {
    ...(uri !== undefined && { uri }),
    ...(match && { match }),
    ...(of !== undefined && { authid: of }),
    ...(session !== undefined && { session: parseCount(session, "--session") }),
    ...(milliseconds !== undefined && { duration: milliseconds / 1000 }),
    ...(payloadLimit !== undefined && { payload_limit: parseCount(payloadLimit, "--payload-limit") }),
  };
}

function printMessage(message: Dict, isJson = false): void {
  if (isJson) return printJson(message);
  const { time, direction, session, authid, type, uri, bytes, payload, dropped } = message;
  const args = Array.isArray(message.args) ? message.args : [];
  const kwargs = isDict(message.kwargs) ? message.kwargs : {};
  const text = payload === "whole" || payload === "none" ? "" : ` (payload ${payload})`;
  const who = authid === null || authid === undefined ? "no session" : `${authid}/${session}`;
  const size = typeof bytes === "number" ? ` ${bytes} B` : "";
  const head = `${String(time).slice(11, 19)} ${direction === "sent" ? "to" : "from"} ${who} ${type}${size}`;
  if (typeof dropped === "number" && dropped > 0) printLine(`(${dropped} messages are not shown)`);
  printLine(`${head} ${uri ?? ""} ${formatPayloadLine({ args, kwargs })}${text}`.replace(/ +$/, ""));
}

function printSummary(summary: unknown, isJson = false): void {
  if (!isDict(summary)) return;
  if (isJson) return printJson({ summary });
  const { shown, dropped } = summary as { shown?: number; dropped?: Readonly<Record<string, number>> };
  const reasons = Object.entries(dropped ?? {}).map(([reason, number]) => `${number} dropped (${reason})`);
  printNotice([`the tap has ended: ${shown} shown`, ...reasons].join(", "));
}
