/** Serves a call with the method `call` of another Worker, through a service binding. */

import { thrown } from "../../wamp/host/log-line.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { resultOf } from "./http-outcome.ts";
import type { Task } from "./job.ts";

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

/** Calls the Worker bound as `binding`. Rejects with the error that the Worker throws. */
export async function callWorker(binding: string, task: Task, env: Env): Promise<CallOutcome> {
  const { job, signal, progress } = task;
  const { procedure, args, kwargs, details } = job;
  // `calleeFaults` has checked that the binding exists.
  const callee = (env as unknown as Record<string, Callee>)[binding]!;
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  // Workers without the compatibility flag enable_abortsignal_rpc cannot receive the signal itself.
  const invocation = { procedure, args, kwargs, details, over: () => aborted };
  const take = progress && ((args: List = [], kwargs: Dict = {}) => progress(args, kwargs));
  try {
    return resultOf(await callee.call(take ? { ...invocation, progress: take } : invocation));
  } catch (error) {
    if (signal.aborted || isThrownByCallee(error)) throw error;
    writeLog({
      level: "error",
      event: "callee.failed",
      realm: job.realm,
      procedure: job.callee.procedure,
      ...thrown(error),
    });
    return CallOutcome.error(WampUri.NETWORK_FAILURE, ["the callee was lost"]);
  }
}

/** The platform marks errors of the other Worker (Workers RPC: Error handling). */
function isThrownByCallee(error: unknown): boolean {
  return (error as { readonly remote?: unknown } | undefined)?.remote === true;
}
