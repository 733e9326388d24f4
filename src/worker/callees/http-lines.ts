/**
 * Reads a response in lines of JSON (NDJSON): the last line is the result, the lines before it are progressive results.
 */

import { WampError, WampUri } from "../../wamp/protocol/errors.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { errorIn, resultOf } from "./http-outcome.ts";
import { jsonIn } from "./http-value.ts";
import type { Task } from "./job.ts";

/** Sends each line as progress once the next line has arrived; returns the outcome in the last line. */
export async function lastLine({ body }: Response, { limits, progress }: Task): Promise<CallOutcome> {
  let last: CallOutcome | undefined;
  for await (const line of linesOf(body, limits.message_bytes)) {
    if (last?.ok) progress?.(last.args, last.kwargs);
    const value = jsonIn(line, limits);
    last = errorIn(value) ?? resultOf(value);
  }
  return last ?? resultOf(undefined);
}

/** Lines that are not blank. Throws `WampError` for one of more than `limit` characters. */
async function* linesOf(body: Response["body"], limit: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines.filter((line) => line.trim() !== "");
    if (rest.length > limit) throw new WampError(WampUri.PAYLOAD_SIZE_EXCEEDED, "a line is too large");
  }
  if (rest.trim() !== "") yield rest;
}
