/** The HTTP bridge: one HTTP request is one PUBLISH or CALL, in the format of Crossbar.io's publisher and caller. */

import { waitUntil } from "cloudflare:workers";
import { sha256 } from "../../wamp/crypto/digest.ts";
import { toHex, utf8 } from "../../wamp/crypto/encoding.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import type { Config } from "../config/config-schema.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { HttpError } from "../platform/http-error.ts";
import { writeLog } from "../platform/log.ts";
import { UNBUFFERED } from "../platform/unbuffered.ts";
import type { Idempotency, RealmRpc, RpcCredentials, RpcOutcome, RpcRefusalReason } from "../routing/realm-rpc.ts";
import { realmRpc } from "../routing/realm-stub.ts";
import { describeClient, readTransportInfo } from "../routing/transport-info.ts";
import type { BridgeRequest } from "./request.ts";
import { checkContentType, checkOrigin, readBody, readRequest, readText } from "./request.ts";
import {
  commonHeaders,
  errorText,
  respondToCall,
  respondToOptions,
  respondToPublish,
  respondWithError,
  resultText,
} from "./responses.ts";
import type { BridgeAction, BridgeRoute } from "./route.ts";
import { checkSignature } from "./signature.ts";

/** Key of the body that holds the URI, by action. */
const URI_KEY = { publish: "topic", call: "procedure" } as const satisfies Record<BridgeAction, string>;

const NDJSON = "application/x-ndjson";
/** Characters of an Idempotency-Key. */
const MAX_KEY_LENGTH = 255;

/** Serves one request; `settings` is `http.bridge` of the configuration. */
export async function bridge(
  request: Request,
  env: Env,
  config: Config,
  settings: BridgeConfig,
  route: BridgeRoute,
): Promise<Response> {
  const headers = commonHeaders(request, settings.allowed_origins);
  if (request.method === "OPTIONS") return respondToOptions(headers);
  try {
    const realm = realmFor(config, route.realm);
    const work = await prepare(request, settings, route, realm).catch((error: unknown) => {
      if (error instanceof HttpError) logRefusal(error, request, route);
      throw error;
    });
    const visited = realmRpc(env, route.realm, realm!);
    return await serve(request, visited, work, settings, route, headers);
  } catch (error) {
    if (error instanceof HttpError) return respondWithError(error, headers);
    writeLog({ level: "error", event: "request.failed", realm: route.realm, ...thrown(error) });
    return respondWithError(new HttpError(500, "Unhandled exception in the router."), headers);
  }
}

function logRefusal({ status, message }: HttpError, request: Request, { action, realm }: BridgeRoute): void {
  const client = describeClient(request);
  writeLog({ level: "warn", event: "bridge.refused", realm, cause: message, status, action, ...client });
}

/** Throws `HttpError` for any other method than those of the bridge. */
export function checkMethod({ method }: Request): void {
  if (method === "POST" || method === "PUT") return;
  throw new HttpError(405, `Method not accepted by the REST bridge. (${method} not allowed, only POST, PUT)`);
}

/**
 * Awaits an RPC of the realm. Throws an `HttpError` if the realm refuses the request (RPC refusal) or cannot be reached
 * (503).
 */
export async function reach(visit: Promise<RpcOutcome>): Promise<CallOutcome> {
  const result = await visit.catch((error: unknown) => {
    writeLog({ level: "error", event: "realm.unreachable", ...thrown(error) });
    throw new HttpError(503, WampUri.UNAVAILABLE, ["the realm could not answer"]);
  });
  if (result.kind === "outcome") return result.outcome;
  const { reason, uri, message } = result;
  // The realm itself logs denials.
  if (reason !== "denied") writeLog({ level: "warn", event: "bridge.refused", cause: message, reason });
  throw reason === "denied" ? new HttpError(401, uri, [message]) : new HttpError(FAULT_STATUS[reason], message);
}

const FAULT_STATUS: { readonly [fault in RpcRefusalReason]: number } = {
  denied: 401,
  replayed: 400,
  reused: 422,
  full: 503,
};

interface Work extends BridgeRequest {
  readonly pass: RpcCredentials;
  readonly idempotency: Idempotency | undefined;
}

/** Checks and reads a request, in Crossbar.io's order of checks; throws an `HttpError`. */
async function prepare(
  request: Request,
  settings: BridgeConfig,
  route: BridgeRoute,
  realm: WorkerRealmConfig | undefined,
): Promise<Work> {
  checkMethod(request);
  if (realm === undefined) throw new HttpError(404, WampUri.NO_SUCH_REALM);
  checkContentType(request, true);
  const { message_bytes, depth } = realm.limits;
  const body = await readBody(request, Math.min(settings.post_body_limit || message_bytes, message_bytes));
  const pass = await readCredentials(request, settings, body, route);
  checkOrigin(request, settings);
  const asked = readRequest(readText(body), depth, URI_KEY[route.action]);
  const key = route.action === "publish" ? request.headers.get("Idempotency-Key") : null;
  if (key === null) return { ...asked, pass, idempotency: undefined };
  if (key.length > MAX_KEY_LENGTH) throw new HttpError(400, "Idempotency-Key is too long.");
  return { ...asked, pass, idempotency: { key, body: toHex(await sha256(new Uint8Array(body))) } };
}

/** Credentials of a request: its bearer token or ticket, else its signature. Throws an `HttpError`. */
async function readCredentials(
  request: Request,
  settings: BridgeConfig,
  body: Uint8Array,
  route: BridgeRoute,
): Promise<RpcCredentials> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (bearer !== undefined) {
    const authid = request.headers.get("X-WAMP-Authid") ?? undefined;
    return { kind: "ticket", authid, ticket: bearer, facts: readTransportInfo(request, "http", undefined) };
  }
  const once = await checkSignature(settings, new URL(request.url).searchParams, body, Date.now(), route);
  const { key, open, role } = settings;
  if (role === undefined || (key === undefined && !open)) {
    throw new HttpError(401, WampUri.AUTHENTICATION_REQUIRED, ["send a token or ticket"]);
  }
  return { kind: "role", role, authid: key ?? role, by: "bridge", once };
}

async function serve(
  request: Request,
  realm: RealmRpc,
  { pass, idempotency, ...asked }: Work,
  settings: BridgeConfig,
  { action }: BridgeRoute,
  headers: Headers,
): Promise<Response> {
  if (action === "publish")
    return respondToPublish(await reach(realm.publish(pass, asked, idempotency)), settings, headers);
  const visit = { ...asked, options: { ...asked.options, timeout: timeoutOf(asked.options, settings) } };
  const id = crypto.randomUUID();
  // Without `waitUntil` the platform ends the Worker with its client, before the cancel is sent.
  request.signal.addEventListener("abort", () => waitUntil(realm.cancel(id)));
  const isStreamed = request.headers.get("Accept")?.includes(NDJSON);
  if (isStreamed) return stream((progress) => realm.call(pass, visit, progress, id), headers);
  return respondToCall(await reach(realm.call(pass, visit, undefined, id)), settings, headers);
}

/** Timeout of a call, limited by `call_timeout`: a pending call keeps the realm from sleeping. */
function timeoutOf({ timeout }: Dict, { call_timeout }: BridgeConfig): unknown {
  return typeof timeout === "number" && timeout > call_timeout ? call_timeout : timeout || call_timeout;
}

type Visit = (progress: (args: CallOutcome["args"], kwargs: Dict) => Promise<void>) => Promise<RpcOutcome>;

/** Streams progressive results as lines of JSON; the last line is the body of an answer without streaming. */
function stream(visit: Visit, headers: Headers): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = (line: string): Promise<void> => writer.write(utf8(`${line}\n`));
  const run = async (): Promise<void> => {
    const outcome = await reach(visit((args, kwargs) => write(resultText({ args, kwargs }, { progress: true }))));
    await write(outcome.ok ? resultText(outcome) : errorText(outcome.uri, outcome.args, outcome.kwargs));
  };
  run()
    .catch((error: unknown) => (error instanceof HttpError ? write(errorText(error.message, error.args)) : undefined))
    .then(() => writer.close())
    // The client has closed the connection.
    .catch(() => {});
  headers.set("Content-Type", NDJSON);
  for (const [name, value] of Object.entries(UNBUFFERED)) headers.set(name, value);
  return new Response(readable, { headers });
}
