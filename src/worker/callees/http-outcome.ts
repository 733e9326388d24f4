/** What a callee brought or threw, as an answer of WAMP. */

import { WampUri } from "../../wamp/protocol/errors.ts";
import { isValidUri } from "../../wamp/protocol/uri.ts";
import { type Dict, isDict, type List } from "../../wamp/protocol/values.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";

/** Args and kwargs if the value has these and nothing else, else the value as the only argument. */
export function resultOf(value: unknown): CallOutcome {
  if (value === undefined) return { ok: true, args: [], kwargs: {} };
  return { ok: true, ...(partsOf(value, []) ?? { args: [value], kwargs: {} }) };
}

/** The error that a value `{ error, args, kwargs }` tells, if it is one. */
export function errorIn(value: unknown): CallOutcome | undefined {
  const parts = partsOf(value, ["error"]);
  if (parts === undefined) return undefined;
  const { error } = value as Dict;
  // One word is what many an API calls its errors, and no URI of an application.
  return isErrorUri(error) && error.includes(".") ? { ok: false, uri: error, ...parts } : undefined;
}

/** An error with a URI is that error; of any other only the message is told. */
export function failureOf(error: unknown): CallOutcome {
  if (!(error instanceof Error)) return CallOutcome.error(WampUri.RUNTIME_ERROR, [String(error)]);
  const { uri, args, kwargs, message } = error as Error & { readonly [property: string]: unknown };
  if (!isErrorUri(uri)) return CallOutcome.error(WampUri.RUNTIME_ERROR, [message]);
  const hasParts = (args ?? kwargs ?? undefined) !== undefined;
  return { ok: false, uri, args: hasParts ? listIn(args) : [message], kwargs: isDict(kwargs) ? kwargs : {} };
}

interface Parts {
  readonly args: List;
  readonly kwargs: Dict;
}

/** The value's args and kwargs, if it has one of them or of `more`, and nothing else. */
function partsOf(value: unknown, more: readonly string[]): Parts | undefined {
  if (!isDict(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys.every((key) => key === "args" || key === "kwargs" || more.includes(key))) {
    return undefined;
  }
  // null is absent, as in a message.
  const args = value.args ?? [];
  const kwargs = value.kwargs ?? {};
  return Array.isArray(args) && isDict(kwargs) ? { args, kwargs } : undefined;
}

function listIn(value: unknown): List {
  return Array.isArray(value) ? value : [];
}

function isErrorUri(uri: unknown): uri is string {
  return typeof uri === "string" && isValidUri(uri, "loose");
}
