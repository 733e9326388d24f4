/** Converts a callee's value or error to the outcome of a call. */

import { WampUri } from "../../wamp/protocol/errors.ts";
import { isValidUri } from "../../wamp/protocol/uri.ts";
import { type Dict, isDict, type List } from "../../wamp/protocol/values.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";

/** Reads args and kwargs if the value has only these keys; otherwise the value is the only argument. */
export function resultOf(value: unknown): CallOutcome {
  if (value === undefined) return { ok: true, args: [], kwargs: {} };
  return { ok: true, ...(partsOf(value, []) ?? { args: [value], kwargs: {} }) };
}

/** The error in a value `{ error, args, kwargs }`, if it is one. */
export function errorIn(value: unknown): CallOutcome | undefined {
  const parts = partsOf(value, ["error"]);
  if (parts === undefined) return undefined;
  const { error } = value as Dict;
  // Many APIs have a one-word `error`, which is no application URI.
  return isErrorUri(error) && error.includes(".") ? { ok: false, uri: error, ...parts } : undefined;
}

/** Converts a thrown error: with `uri` to that WAMP error, otherwise to RUNTIME_ERROR with its message. */
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

/** Args and kwargs of a value whose only keys are these and those in `more`, at least one of them. */
function partsOf(value: unknown, more: readonly string[]): Parts | undefined {
  if (!isDict(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys.every((key) => key === "args" || key === "kwargs" || more.includes(key))) {
    return undefined;
  }
  // null counts as absent, as in messages.
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
