/** Types of a Worker that is a callee, as its authors see them; they need no types of the Workers runtime. */

import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";

/**
 * Argument of the method `call` of a Worker that is a callee. Bytes are `Uint8Array`, integers beyond 2^53 `bigint`.
 */
export interface CalleeInvocation {
  readonly procedure: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  /** INVOCATION.Details, with the caller if it is disclosed. */
  readonly details: Dict;
  /** Resolves when the caller no longer waits for the answer. */
  over(): Promise<void>;
  /** Sends a progressive result; absent if the caller wants none. */
  readonly progress?: (args?: List, kwargs?: Dict) => unknown;
}

/** The entrypoint of such a Worker; `call` may throw an error with `uri`, `args` and `kwargs`. */
export interface Callee {
  call(invocation: CalleeInvocation): unknown;
}
