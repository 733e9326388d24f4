/** Serves a call with the method `call` of another Worker, through a service binding. */

import { thrown } from "../../wamp/host/log-line.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import type { Callee } from "./callee.ts";
import { resultOf } from "./http-outcome.ts";
import type { Task } from "./job.ts";

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
