/** The port through which authenticators and authorizers call procedures of their own realm. */

import type { List, Uri } from "../protocol/values.ts";
import type { CallOutcome } from "./pending-requests.ts";

export interface ProcedureCaller {
  /** Calls an exact URI; resolves in any case, after `timeoutMs` milliseconds with `wamp.error.timeout`. */
  call(procedure: Uri, args: List, timeoutMs: number): Promise<CallOutcome>;
}
