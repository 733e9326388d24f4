/** `wamp-edge call`: calls a procedure and prints the result. */

import type { Command } from "commander";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { addConnectionOptions, type ConnectionFlags } from "../client/connection-settings.ts";
import { parseDuration } from "../client/duration.ts";
import { describeError } from "../client/failures.ts";
import type { Session } from "../client/open-session.ts";
import {
  addPayload,
  collect,
  type PayloadFlags,
  type PayloadValues,
  readMessageOptions,
  readPayload,
} from "../client/payload-words.ts";
import { formatPayload, formatPayloadLine, printJson, printLine } from "../client/printing.ts";

type Flags = ConnectionFlags &
  PayloadFlags & { readonly timeout?: string; readonly progress?: boolean; readonly option?: readonly string[] };

/** Adds the command to the program. */
export function addCallCommand(program: Command): void {
  const command = program.command("call").description("call a procedure and print its result").argument("<procedure>");
  addConnectionOptions(addPayload(command))
    .option("--timeout <duration>", "cancel the call after this time, such as 500ms, 10s, 5m")
    .option("--progress", "ask for progressive results, and print each as a line")
    .option("-o, --option <key=value>", "an option of CALL, such as disclose_me=true; may be repeated", collect)
    .action(call);
}

async function call(procedure: string, words: readonly string[], flags: Flags): Promise<void> {
  const { runSession } = await import("../client/run-session.ts");
  const payload = readPayload(words, flags);
  const options = {
    ...readMessageOptions(flags.option),
    ...(flags.timeout !== undefined && { timeout: parseDuration(flags.timeout, "--timeout") }),
  };
  await runSession(flags, (session, stop) => callOnce(session, { procedure, payload, options, stop, flags }));
}

interface CallToMake {
  readonly procedure: string;
  readonly payload: PayloadValues;
  /** CALL.Options. */
  readonly options: Dict;
  readonly stop: AbortSignal;
  readonly flags: Pick<Flags, "json" | "progress">;
}

async function callOnce(session: Session, { procedure, payload, options, stop, flags }: CallToMake): Promise<void> {
  const onProgress = (args: PayloadValues["args"], kwargs: PayloadValues["kwargs"]): void => {
    if (flags.json) printJson({ progress: true, args, kwargs });
    else printLine(formatPayloadLine({ args, kwargs }));
  };
  try {
    const extras = { signal: stop, ...(flags.progress && { onProgress }) };
    const { args, kwargs } = await session.call(procedure, payload.args, payload.kwargs, { ...options, ...extras });
    if (flags.json) printJson({ args, kwargs });
    else printResult({ args, kwargs });
  } catch (error) {
    if (flags.json && error instanceof ApplicationError) {
      printJson({ error: error.uri, args: error.args, kwargs: error.kwargs });
    }
    throw await describeError(error, procedure, session);
  }
}

function printResult(payload: PayloadValues): void {
  const text = formatPayload(payload);
  if (text !== "") for (const line of text.split("\n")) printLine(line);
}
