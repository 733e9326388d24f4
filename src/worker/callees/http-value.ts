/** Reads the body of a callee's HTTP response as a value. */

import type { Limits } from "../../wamp/config/limits.ts";
import { WampError, WampUri } from "../../wamp/protocol/errors.ts";
import { json } from "../../wamp/serializers/json.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import { readBodyWithin } from "../platform/read-body.ts";

/**
 * Reads the body by content type: JSON as a value, text as text, others as bytes; empty as undefined. Throws a
 * `WampError`.
 */
export async function valueIn(response: Response, limits: Limits): Promise<unknown> {
  const body = await readBodyWithin(response, limits.message_bytes);
  if (body === undefined) throw new WampError(WampUri.PAYLOAD_SIZE_EXCEEDED, "the answer is too large");
  if (body.length === 0) return undefined;
  const type = typeOf(response);
  if (/[/+]json$/.test(type)) return jsonIn(new TextDecoder().decode(body), limits);
  return type.startsWith("text/") || type.endsWith("xml") ? new TextDecoder().decode(body) : body;
}

/** Parses JSON with the serializer's checks of depth and numbers. Throws a `WampError`. */
export function jsonIn(text: string, { depth }: Limits): unknown {
  // Arguments and ArgumentsKw may be one level deeper in the answer than in a message.
  const elements = json.decode(`[0,${text}]`, { depth: depth + 1 });
  if (!(elements instanceof DecodeFault) && elements.length === 2) return elements[1];
  throw new WampError(WampUri.RUNTIME_ERROR, "the answer is not valid JSON, or nested too deeply");
}

/** Whether the response is NDJSON. */
export function isLines(response: Response): boolean {
  return typeOf(response) === "application/x-ndjson";
}

/** The content type without its parameters, in lower case. */
function typeOf({ headers }: Response): string {
  return (headers.get("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
}
