/** Serves a call with one HTTP request to an API; the response becomes the result. */

import { thrown } from "../../wamp/host/log-line.ts";
import { WampError, WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, Uri } from "../../wamp/protocol/values.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { writeLog } from "../platform/log.ts";
import { isRedirect, NOT_FOLLOWED } from "../platform/redirect.ts";
import { lastLine } from "./http-lines.ts";
import { errorIn, resultOf } from "./http-outcome.ts";
import { isLines, valueIn } from "./http-value.ts";
import type { Job, Task } from "./job.ts";

/**
 * Sends the request; redirects are not followed (`isRedirect`). Rejects with a `WampError`, or with any error once the
 * signal aborts.
 */
export function callHttp(url: string, task: Task): Promise<CallOutcome> {
  const { job, signal } = task;
  return hideFaults(task, async () => {
    if (!hasBody(job) && job.args.length > 0) {
      throw new WampError(WampUri.INVALID_ARGUMENT, "this procedure takes keyword arguments only");
    }
    const response = await fetch(requestOf(url, job), { signal });
    if (!response.ok) return errorOf(response, await valueIn(response, task.limits));
    return isLines(response) ? lastLine(response, task) : resultOf(await valueIn(response, task.limits));
  });
}

/**
 * Runs `ask`. Logs an unexpected error; its text may contain internal addresses, so the caller only gets
 * NETWORK_FAILURE.
 */
export async function hideFaults(
  { job, signal }: Pick<Task, "job" | "signal">,
  ask: () => Promise<CallOutcome>,
): Promise<CallOutcome> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted || error instanceof WampError) throw error;
    const { realm, callee } = job;
    const { procedure } = callee;
    writeLog({ level: "error", event: "callee.failed", realm, procedure, ...thrown(error) });
    return CallOutcome.error(WampUri.NETWORK_FAILURE, ["the API cannot be reached"]);
  }
}

function requestOf(text: string, job: Job): Request {
  const { callee, procedure, args, kwargs, details } = job;
  const url = new URL(text);
  const headers = new Headers({ Accept: "application/json", "X-WAMP-Procedure": encodeURI(procedure) });
  for (const [name, key] of DISCLOSED)
    if (details[key] !== undefined) headers.set(name, encodeURI(String(details[key])));
  const init = { method: callee.method ?? "POST", headers, redirect: "manual" } as const;
  if (hasBody(job)) headers.set("Content-Type", "application/json");
  else addQuery(url, kwargs);
  for (const [name, value] of callee.headers ?? []) headers.set(name, value);
  return new Request(url, hasBody(job) ? { ...init, body: jsonFromValue({ args, kwargs }) } : init);
}

/** Header → key of INVOCATION.Details; sent if the caller is disclosed. */
const DISCLOSED = [
  ["X-WAMP-Caller", "caller"],
  ["X-WAMP-Caller-Authid", "caller_authid"],
  ["X-WAMP-Caller-Authrole", "caller_authrole"],
] as const;

function hasBody({ callee: { method } }: Job): boolean {
  return method !== "GET" && method !== "DELETE";
}

/** Appends kwargs to the query: text as it is, one field per entry of a list, other values as JSON. */
function addQuery({ searchParams }: URL, kwargs: Dict): void {
  for (const [name, value] of Object.entries(kwargs)) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      searchParams.append(name, typeof entry === "string" ? entry : jsonFromValue(entry));
    }
  }
}

/** The error in the body, or one by HTTP status, with `kwargs.status` and `kwargs.body`. */
function errorOf({ status, statusText }: Response, body: unknown): CallOutcome {
  const told = errorIn(body);
  if (told !== undefined) return told;
  const uri = ERROR[status] ?? (status >= 500 ? WampUri.RUNTIME_ERROR : `wamp.edge.error.http.${status}`);
  const kwargs = body === undefined ? { status } : { status, body };
  const reason = isRedirect(status) ? `${statusText}: ${NOT_FOLLOWED}` : statusText;
  return { ok: false, uri, args: [`${status} ${reason}`.trim()], kwargs };
}

const ERROR: { readonly [status: number]: Uri | undefined } = {
  400: WampUri.INVALID_ARGUMENT,
  401: WampUri.NOT_AUTHORIZED,
  403: WampUri.NOT_AUTHORIZED,
  408: WampUri.TIMEOUT,
  413: WampUri.PAYLOAD_SIZE_EXCEEDED,
  422: WampUri.INVALID_ARGUMENT,
  429: WampUri.LIMIT_EXCEEDED,
  501: WampUri.FEATURE_NOT_SUPPORTED,
  502: WampUri.UNAVAILABLE,
  503: WampUri.UNAVAILABLE,
  504: WampUri.TIMEOUT,
};
