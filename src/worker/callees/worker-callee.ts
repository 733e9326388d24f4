/** A procedure that is another Worker's: a call becomes one of its method `call`. */

import { thrown } from "../../wamp/host/log-line.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { resultOf } from "./http-outcome.ts";
import type { Task } from "./job.ts";

/** What the method `call` of a Worker that is a callee gets. Bytes are `Uint8Array`, integers beyond 2^53 `bigint`. */
export interface CalleeInvocation {
  readonly procedure: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  /** INVOCATION.Details: who calls, where that is disclosed. */
  readonly details: Dict;
  /** Resolves when nobody waits for the answer any more; only for those who ask. */
  over(): Promise<void>;
  /** Takes results before the last one, where the caller wants them. */
  readonly progress?: (args?: List, kwargs?: Dict) => unknown;
}

/** What such a Worker's entrypoint offers; it may throw an error with `uri`, `args` and `kwargs`. */
export interface Callee {
  call(invocation: CalleeInvocation): unknown;
}

/** Rejects with what the Worker throws. */
export async function callWorker(binding: string, task: Task, env: Env): Promise<CallOutcome> {
  const { job, signal, progress } = task;
  const { procedure, args, kwargs, details } = job;
  // That it is there is checked with the configuration.
  const callee = (env as unknown as Record<string, Callee>)[binding]!;
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  // Not the signal itself, which not every Worker can take (compatibility flag enable_abortsignal_rpc).
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

/** The platform marks what comes from the other side (Workers RPC: Error handling). */
function isThrownByCallee(error: unknown): boolean {
  return (error as { readonly remote?: unknown } | undefined)?.remote === true;
}
