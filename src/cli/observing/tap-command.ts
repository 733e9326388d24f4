/** `wamp-edge tap`: prints messages of the realm as they pass. */

import { type Command, Option } from "commander";
import { type Dict, isDict, type List } from "../../wamp/protocol/values.ts";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount, parseDuration } from "../client/duration.ts";
import { EXIT_FEWER } from "../client/failures.ts";
import { addReconnectOption, type LastingFlags } from "../client/lasting-session.ts";
import { formatPayloadLine, printJson, printLine, printNotice } from "../client/printing.ts";
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
/** Milliseconds that the router has for its summary. */
const GRACE_MS = 3_000;
/** Milliseconds that a tap lasts at least which begins anew. */
const MIN_MS = 1;

/** Adds the command to the program. */
export function addTapCommand(program: Command): void {
  const command = program
    .command("tap")
    .description("print messages of the realm as they pass, without credentials (needs a role with console)")
    .argument("[uri]", "only messages with this topic or procedure");
  addReconnectOption(addConnectionOptions(command))
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
  const { runLasting } = await import("../client/lasting-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const selection = selectionOf(uri, flags);
  const milliseconds = durationOf(flags);
  const endsAt = performance.now() + milliseconds;
  let shown = 0;
  // The router ends the tap, and says what it dropped.
  await runLasting({ ...flags, duration: `${milliseconds + GRACE_MS}ms` }, async (session, stop) => {
    const full = new AbortController();
    const onProgress = ([message]: List): void => {
      if (!isDict(message) || shown >= count) return;
      if ("started" in message) return printNotice("showing messages; Ctrl-C ends");
      printMessage(message, flags.json);
      if (++shown === count) full.abort();
    };
    const signal = AbortSignal.any([stop, full.signal]);
    const duration = Math.max(MIN_MS, endsAt - performance.now()) / 1000;
    try {
      const { args } = await session.call(PROCEDURE, [], { ...selection, duration }, { onProgress, signal });
      printSummary(args[0], shown, flags.json);
    } catch (error) {
      if (!signal.aborted) throw await describeRefusal(error, PROCEDURE, session);
    }
  });
  if (shown < count && flags.count !== undefined) {
    throw new UserError(`got ${shown} of ${count} messages`, { exitCode: EXIT_FEWER });
  }
}

function durationOf({ duration }: Flags): number {
  const milliseconds = duration === undefined ? MAX_MS : parseDuration(duration, "--duration");
  if (milliseconds > MAX_MS) throw new UserError("--duration of a tap is at most 10m");
  return milliseconds;
}

function selectionOf(uri: string | undefined, { of, session, match, payloadLimit }: Flags): Dict {
  return {
    ...(uri !== undefined && { uri }),
    ...(match && { match }),
    ...(of !== undefined && { authid: of }),
    ...(session !== undefined && { session: parseCount(session, "--session") }),
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

function printSummary(summary: unknown, shown: number, isJson = false): void {
  if (!isDict(summary)) return;
  if (isJson) return printJson({ summary });
  const { dropped } = summary as { dropped?: Readonly<Record<string, number>> };
  const some = Object.entries(dropped ?? {}).filter(([, number]) => number > 0);
  const reasons = some.map(([reason, number]) => `${number} dropped (${reason})`);
  printNotice([`the tap has ended: ${shown} shown`, ...reasons].join(", "));
}
