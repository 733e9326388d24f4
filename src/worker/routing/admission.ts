/** Admission control before the Durable Object: Origin, TLS, connection rate. */

import type { Context } from "hono";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { DEFAULT_RATE } from "../config/admission-config.ts";
import type { Config } from "../config/config-schema.ts";
import { configOf } from "../config/deployment.ts";
import { isAllowedOrigin } from "../config/origins.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import { onlyRealm, realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { webError } from "../platform/http-responses.ts";
import { writeLog } from "../platform/log.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { addressKey, describeClient, isSecure } from "./transport-info.ts";

type AdmissionContext = Context<{ Bindings: Env }>;

/** Why a client may not connect: an HTTP status and message, and the reason URI of an ABORT. */
export interface AdmissionRefusal {
  readonly status: 403 | 429;
  readonly uri: string;
  readonly message: string;
}

const ORIGIN_NOT_ALLOWED: AdmissionRefusal = {
  status: 403,
  uri: WampUri.NOT_AUTHORIZED,
  message: "pages of this origin may not connect",
};
const TLS_REQUIRED: AdmissionRefusal = { status: 403, uri: WampUri.NOT_AUTHORIZED, message: "connect by wss" };
const RATE_LIMITED: AdmissionRefusal = {
  status: 429,
  uri: WampUri.LIMIT_EXCEEDED,
  message: "too many connections; try again later",
};

/** Keys; all of them together take some MB. */
const MAX_BUCKETS = 10_000;

/** The buckets of this isolate. If several isolates take requests, each of them grants the whole rate. */
const buckets = new TokenBuckets(MAX_BUCKETS);

/** Checks a request that opens a connection; `name` and `realm` are undefined if only HELLO will name the realm. */
export async function checkAdmission(
  request: Request,
  env: Env,
  config: Config,
  name?: string,
  realm?: WorkerRealmConfig,
): Promise<AdmissionRefusal | undefined> {
  const { allowed_origins: origins, connection_rate: rates = DEFAULT_RATE, require_tls } = config.http ?? {};
  if (require_tls && !isSecure(request)) return TLS_REQUIRED;
  if (!isAllowedOrigin(request.headers.get("Origin"), realm?.allowed_origins ?? origins)) return ORIGIN_NOT_ALLOWED;
  const address = request.headers.get("CF-Connecting-IP");
  if (address !== null && !isLoopback(address) && !(await isWithinRate(addressKey(address), rates.address, env))) {
    return RATE_LIMITED;
  }
  return realm === undefined ? undefined : checkRealmRate(name ?? realm.name, config);
}

/** Checks, once HELLO has named the realm, what that realm demands of its connections. */
export function checkRealmAdmission(
  request: Request,
  config: Config,
  name: string,
  realm: WorkerRealmConfig,
): AdmissionRefusal | undefined {
  const isAllowed = isAllowedOrigin(request.headers.get("Origin"), realm.allowed_origins);
  return isAllowed ? checkRealmRate(name, config) : ORIGIN_NOT_ALLOWED;
}

function checkRealmRate(name: string, { http }: Config): AdmissionRefusal | undefined {
  const { realm: limit } = http?.connection_rate ?? DEFAULT_RATE;
  return limit === 0 || buckets.take(`realm ${name}`, limit, Date.now()) ? undefined : RATE_LIMITED;
}

async function isWithinRate(network: string, limit: number, env: Env): Promise<boolean> {
  // The binding counts for a whole Cloudflare location, and has a limit of its own.
  if (env.RATE_LIMIT !== undefined) return (await env.RATE_LIMIT.limit({ key: network })).success;
  return limit === 0 || buckets.take(`address ${network}`, limit, Date.now());
}

/** Whether the client is on this machine, as with `npm start`; a deployed Worker never sees such an address. */
function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** Middleware of the paths that open connections. */
export async function admit({ env, req }: AdmissionContext, next: () => Promise<void>): Promise<Response | undefined> {
  return (await refuseConnection(req.raw, env, req.param("realm"))) ?? void (await next());
}

/**
 * Returns the answer to a client that may not connect, and logs it. Without a name the client gets the only realm of
 * the configuration.
 */
export async function refuseConnection(request: Request, env: Env, named?: string): Promise<Response | undefined> {
  const config = configOf(env);
  const name = named ?? onlyRealm(config)?.name;
  const realm = name === undefined ? undefined : realmFor(config, name);
  const refusal = await checkAdmission(request, env, config, name, realm);
  if (refusal === undefined) return undefined;
  const { message: cause, status, uri } = refusal;
  const where = name && { realm: name };
  writeLog({ level: "warn", event: "connection.refused", ...where, cause, uri, ...describeClient(request) });
  return webError(status, cause, status === 429 ? { "Retry-After": "1" } : {});
}
