/** Serves one call of a configured callee in a Worker invocation of its own, so that the realm's object can sleep. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Limits } from "../../wamp/config/limits.ts";
import { isLongerThan } from "../../wamp/crypto/encoding.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import { Payload } from "../../wamp/protocol/payload.ts";
import type { Dict, Id, List } from "../../wamp/protocol/values.ts";
import { json } from "../../wamp/serializers/json.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { USUAL_CALL } from "../config/callee-config.ts";
import { configOf } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { ticketRequest } from "../routing/object-requests.ts";
import { realmObject } from "../routing/realm-stub.ts";
import { callCrossbarStyle } from "./crossbar-callee.ts";
import { callHttp } from "./http-callee.ts";
import { failureOf } from "./http-outcome.ts";
import type { Job, Task } from "./job.ts";
import { callWorker } from "./worker-callee.ts";

/** The realm's object reaches this class through the exports of the Worker's main module. */
export class CalleeWorker extends WorkerEntrypoint<Env> {
  /**
   * Connects to the realm with `ticket` and starts the work; resolves before the answer. Rejects if the realm no longer
   * waits for one.
   */
  async work(asked: Job, ticket: string): Promise<void> {
    // The object would take the socket for a client's, and never hear the answer.
    if (typeof ticket !== "string") throw new Error("the realm's object is of a version that gives no ticket");
    const job = readJob(asked);
    const realm = realmFor(configOf(this.env), job.realm);
    if (realm === undefined) throw new Error("the configuration has no such realm");
    const { webSocket, status } = await realmObject(this.env, job.realm, realm).fetch(ticketRequest(ticket));
    if (webSocket === null) throw new Error(`the realm answered ${status}`);
    webSocket.accept();
    this.ctx.waitUntil(serve(job, webSocket, realm.limits, this.env));
  }
}

/** Fills in defaults: the realm's object may run another version of the router. */
function readJob(job: Job): Job {
  const {
    callee,
    args = [],
    kwargs = {},
    details = {},
  } = job as Omit<Job, "callee"> & { callee: Partial<Job["callee"]> };
  // A job without any of these fields cannot be one.
  return {
    ...job,
    args,
    kwargs,
    details,
    callee: { ...callee, timeout: callee.timeout ?? USUAL_CALL } as Job["callee"],
  };
}

/** Does the work, sends the answer, and waits until the realm closes the socket, which confirms the answer. */
async function serve(job: Job, socket: WebSocket, limits: Limits, env: Env): Promise<void> {
  const { request, callee, details } = job;
  const gone = new AbortController();
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => {
      gone.abort();
      resolve();
    });
  });
  const late = AbortSignal.timeout(callee.timeout);
  const signal = AbortSignal.any([gone.signal, late]);
  const send = (outcome: CallOutcome, options: Dict): void => {
    if (!gone.signal.aborted) socket.send(frameOf(request, outcome, options, limits.message_bytes));
  };
  const progress = (args: List, kwargs: Dict): void => send({ ok: true, args, kwargs }, { progress: true });
  const task = { job, signal, limits, progress: details.receive_progress === true ? progress : undefined };
  const outcome = outcomeOf(task, env);
  try {
    send(await Promise.race([outcome, rejection(signal)]), {});
  } catch (error) {
    send(
      late.aborted ? CallOutcome.error(WampUri.TIMEOUT, [`no answer in ${callee.timeout} ms`]) : failureOf(error),
      {},
    );
  }
  await closed;
  // The end of this Worker aborts its subrequests; a callee that was told to stop gets time to do so by itself.
  await Promise.race([outcome, scheduler.wait(GRACE_MS)]).catch(() => {});
}

const GRACE_MS = 1_000;

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

function outcomeOf(task: Task, env: Env): Promise<CallOutcome> {
  const { url, baseurl, binding } = task.job.callee;
  if (url !== undefined) return callHttp(url, task);
  if (baseurl !== undefined) return callCrossbarStyle(baseurl, task);
  if (binding !== undefined) return callWorker(binding, task, env);
  const fault = "this version of the router does not know the kind of callee";
  return Promise.resolve(CallOutcome.error(WampUri.FEATURE_NOT_SUPPORTED, [fault]));
}

/** Encodes the answer as YIELD or ERROR. Throws for values that no message can carry. */
function frameOf(request: Id, outcome: CallOutcome, options: Dict, limit: number): string {
  const { ok, args, kwargs } = outcome;
  const payload = Payload.of(args, kwargs);
  const frame = ok
    ? json.encode([MessageType.YIELD, request, options, payload])
    : json.encode([MessageType.ERROR, MessageType.INVOCATION, request, options, outcome.uri, payload]);
  // This serializer writes text.
  const text = frame as string;
  if (!isLongerThan(text, limit)) return text;
  return frameOf(
    request,
    CallOutcome.error(WampUri.PAYLOAD_SIZE_EXCEEDED, ["the answer is too large"]),
    {},
    Number.POSITIVE_INFINITY,
  );
}
