/** An answer that comes line by line: the last one is the result, and those before it are progress. */

import { WampError, WampUri } from "../../wamp/protocol/errors.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { errorIn, resultOf } from "./http-outcome.ts";
import { jsonIn } from "./http-value.ts";
import type { Task } from "./job.ts";

/** Tells each line as it comes when the next one does; an error in the last line is the call's. */
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
