/** A call that a Worker of its own serves, so that the realm's object can sleep meanwhile. */

import { exports } from "cloudflare:workers";
import type { Limits } from "../../wamp/config/limits.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import type { CalleeConfig } from "../config/callee-config.ts";

/** One call, as the realm's object hands it over by RPC. */
export interface Job {
  readonly realm: string;
  /** INVOCATION.Request. */
  readonly request: Id;
  readonly callee: CalleeConfig;
  readonly procedure: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  /** INVOCATION.Details. */
  readonly details: Dict;
}

/** A job in progress. */
export interface Task {
  readonly job: Job;
  /** Aborts when the caller no longer waits, or when the callee's timeout is over. */
  readonly signal: AbortSignal;
  readonly limits: Limits;
  /** Sends a progressive result; undefined where the caller wants none. */
  readonly progress: ((args: List, kwargs: Dict) => void) | undefined;
}

/** Begins the work on a call in an invocation of its own of this Worker; `ticket` admits its WebSocket to the realm. */
export function startWork(job: Job, ticket: string): Promise<void> {
  // The platform's types know the exports of a main module only where it is declared. `calleeFaults` has checked this
  // one.
  const { CalleeWorker } = exports as unknown as {
    readonly CalleeWorker: { work(job: Job, ticket: string): Promise<void> };
  };
  return CalleeWorker.work(job, ticket);
}
