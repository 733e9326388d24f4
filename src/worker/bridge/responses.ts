/** Responses of the bridge: Crossbar.io's bodies and headers, and CORS headers. */

import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, Uri } from "../../wamp/protocol/values.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import type { HttpError } from "../platform/http-error.ts";

const METHODS = "POST,PUT,OPTIONS";

/** Headers of every response. Unlike Crossbar.io's, they allow configured origins only. */
export function commonHeaders(request: Request, allowedOrigins: readonly string[] = []): Headers {
  const headers = new Headers({
    "Cache-Control": "no-store,no-cache,must-revalidate,max-age=0",
    "Content-Type": "application/json; charset=UTF-8",
  });
  const origin = request.headers.get("Origin");
  const isListed = origin !== null && allowedOrigins.includes(origin);
  if (allowedOrigins.length > 0) headers.set("Vary", "Origin");
  if (!isListed && !allowedOrigins.includes("*")) return headers;
  headers.set("Access-Control-Allow-Origin", isListed ? origin : "*");
  if (isListed) headers.set("Access-Control-Allow-Credentials", "true");
  const requested = request.headers.get("Access-Control-Request-Headers");
  if (requested !== null) headers.set("Access-Control-Allow-Headers", requested);
  return headers;
}

/** The response to OPTIONS. */
export function respondToOptions(headers: Headers): Response {
  headers.set("Allow", METHODS);
  headers.set("Access-Control-Allow-Methods", METHODS);
  return new Response("", { status: 200, headers });
}

/** The response to a refused request: status and body of the error. */
export function respondWithError({ status, message, args }: HttpError, headers: Headers): Response {
  if (status === 401) headers.set("WWW-Authenticate", "Bearer");
  return new Response(errorText(message, args), { status, headers });
}

/** The response to a PUBLISH: its publication id, or the error. */
export function respondToPublish(outcome: CallOutcome, settings: BridgeConfig, headers: Headers): Response {
  return outcome.ok
    ? new Response(jsonFromValue({ id: outcome.args[0] }), { headers })
    : respondWithFailure(outcome, settings, headers);
}

/** The response to a CALL: its result, or the error. */
export function respondToCall(outcome: CallOutcome, settings: BridgeConfig, headers: Headers): Response {
  return outcome.ok ? new Response(resultText(outcome), { headers }) : respondWithFailure(outcome, settings, headers);
}

/** Body of a result: its one argument, or null; otherwise args and kwargs, as far as present. */
export function resultText({ args, kwargs }: Pick<CallOutcome, "args" | "kwargs">, more: Dict = {}): string {
  const hasKwargs = Object.keys(kwargs).length > 0;
  if (!hasKwargs && args.length <= 1) return jsonFromValue({ args: [args[0] ?? null], ...more });
  return jsonFromValue({ ...(args.length > 0 && { args }), ...(hasKwargs && { kwargs }), ...more });
}

/** Body of an error, in Crossbar.io's form. */
export function errorText(error: string, args: unknown = [], kwargs: Dict = {}): string {
  return jsonFromValue({ error, args, kwargs });
}

type Failure = Extract<CallOutcome, { ok: false }>;

/** A WAMP error has status 200 in Crossbar.io. Internal errors are answered without details. */
function respondWithFailure({ uri, args, kwargs }: Failure, settings: BridgeConfig, headers: Headers): Response {
  if (uri === WampUri.INTERNAL_ERROR) return new Response(TROUBLE, { status: 500, headers });
  const status = settings.status_codes ? (STATUS[uri] ?? 500) : 200;
  return new Response(errorText(uri, args, kwargs), { status, headers });
}

const TROUBLE = errorText("wamp.error.runtime_error", ["The router has encountered a problem."]);

/** Error URI → HTTP status, for `status_codes`; all others are 500. */
const STATUS: { readonly [error: Uri]: number | undefined } = {
  [WampUri.INVALID_ARGUMENT]: 400,
  [WampUri.INVALID_URI]: 400,
  [WampUri.PROTOCOL_VIOLATION]: 400,
  [WampUri.NOT_AUTHORIZED]: 403,
  [WampUri.AUTHORIZATION_REQUIRED]: 403,
  [WampUri.OPTION_DISALLOWED_DISCLOSE_ME]: 403,
  [WampUri.NO_SUCH_PROCEDURE]: 404,
  [WampUri.NO_SUCH_SESSION]: 404,
  [WampUri.PAYLOAD_SIZE_EXCEEDED]: 413,
  [WampUri.LIMIT_EXCEEDED]: 429,
  [WampUri.FEATURE_NOT_SUPPORTED]: 501,
  [WampUri.CANCELED]: 503,
  [WampUri.MAX_CONCURRENCY_REACHED]: 503,
  [WampUri.NETWORK_FAILURE]: 503,
  [WampUri.NO_AVAILABLE_CALLEE]: 503,
  [WampUri.UNAVAILABLE]: 503,
  [WampUri.TIMEOUT]: 504,
};
