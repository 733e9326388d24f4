/**
 * Serves a call as Crossbar.io's RESTCallee: keyword arguments describe the HTTP request, the result describes the
 * response.
 */

import { WampError, WampUri } from "../../wamp/protocol/errors.ts";
import { type Dict, isDict } from "../../wamp/protocol/values.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { readBodyWithin } from "../platform/read-body.ts";
import { hideFaults } from "./http-callee.ts";
import type { Task } from "./job.ts";

/**
 * Keyword arguments: `method`, `url` below `baseurl`, and optionally `body` (text), `headers` (name → values) and
 * `params` (name → value). The one result is `{ code, content, headers }`, whatever the code; a redirect is such a
 * result.
 */
export function callCrossbarStyle(baseurl: string, task: Task): Promise<CallOutcome> {
  return hideFaults(task, async () => {
    const request = requestOf(baseurl, task);
    if (request === undefined) throw new WampError(WampUri.INVALID_ARGUMENT, USAGE);
    const response = await fetch(request, { signal: task.signal });
    const body = await readBodyWithin(response, task.limits.message_bytes);
    if (body === undefined) throw new WampError(WampUri.PAYLOAD_SIZE_EXCEEDED, "the answer is too large");
    const headers = Object.fromEntries([...response.headers].map(([name, value]) => [name, [value]]));
    const result = { code: response.status, content: new TextDecoder().decode(body), headers };
    return { ok: true, args: [result], kwargs: {} };
  });
}

const USAGE = "expected are method, url below the base, and perhaps body (text), headers and params (objects)";

/** Builds the request of a call; undefined if its arguments are invalid or lead out of the base URL. */
function requestOf(baseurl: string, { job }: Task): Request | undefined {
  const { method, url = "", body, headers = {}, params = {} } = job.kwargs;
  if (typeof method !== "string" || typeof url !== "string" || !isDict(headers) || !isDict(params)) return undefined;
  if ((body !== undefined && typeof body !== "string") || !URL.canParse(url, baseurl)) return undefined;
  const target = new URL(url, baseurl);
  // The configured headers may hold secrets, so no request may leave the base URL.
  if (!target.href.startsWith(new URL(".", baseurl).href) || HIDDEN_SLASH.test(target.pathname)) return undefined;
  for (const [name, value] of Object.entries(params)) target.searchParams.append(name, String(value));
  try {
    const init = { method, headers: headersOf(headers, job.callee.headers), redirect: "manual" } as const;
    return new Request(target, body === undefined ? init : { ...init, body });
  } catch {
    return undefined;
  }
}

/** Encoded slashes: an API may decode them, and so resolve `..` segments above the base. */
const HIDDEN_SLASH = /%2f|%5c/i;

function headersOf(asked: Dict, configured: Iterable<readonly [string, string]> = []): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(asked)) {
    for (const value of Array.isArray(values) ? values : [values]) headers.append(name, String(value));
  }
  for (const [name, value] of configured) headers.set(name, value);
  return headers;
}
