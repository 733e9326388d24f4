/** What stands in front of the realms' objects: pages of other origins, and clients that connect too often, get no further. */

import type { Context } from "hono";
import type { RealmConfig } from "../../wamp/config/realm.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { DEFAULT_RATE } from "../config/admission-config.ts";
import type { Config } from "../config/config.ts";
import { onlyRealm, realmFor } from "../config/config.ts";
import { configOf } from "../config/deployment.ts";
import { isAllowedOrigin } from "../config/origins.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { describeClient, isSecure } from "./transport-info.ts";

type AdmissionContext = Context<{ Bindings: Env }>;

/** Why a client is not let through, for those who still speak HTTP with it and for those who speak WAMP. */
export interface Rejection {
  readonly status: 403 | 429;
  readonly uri: string;
  readonly message: string;
}

const FOREIGN: Rejection = {
  status: 403,
  uri: WampUri.NOT_AUTHORIZED,
  message: "pages of this origin may not connect",
};
const UNENCRYPTED: Rejection = { status: 403, uri: WampUri.NOT_AUTHORIZED, message: "connect by wss" };
const HASTY: Rejection = { status: 429, uri: WampUri.LIMIT_EXCEEDED, message: "too many connections; try again later" };

/** Keys: some MB at most. */
const MAX_BUCKETS = 10_000;

/** Of this isolate: where requests come in by several, a limit holds for each of them. */
const buckets = new TokenBuckets(MAX_BUCKETS);

/** Whether a request may open a connection; `name` and `realm` are undefined as long as only HELLO will tell them. */
export async function rejectionOf(
  request: Request,
  env: Env,
  config: Config,
  name?: string,
  realm?: RealmConfig,
): Promise<Rejection | undefined> {
  const { allowed_origins: origins, connection_rate: rates = DEFAULT_RATE, require_tls } = config.http ?? {};
  if (require_tls && !isSecure(request)) return UNENCRYPTED;
  if (!isAllowedOrigin(request.headers.get("Origin"), realm?.allowed_origins ?? origins)) return FOREIGN;
  const address = request.headers.get("CF-Connecting-IP");
  if (address !== null && !isLoopback(address) && !(await isPaced(networkOf(address), rates.address, env)))
    return HASTY;
  return realm === undefined ? undefined : realmRejection(name ?? realm.name, config);
}

/** Whether a client that has said HELLO only now may come into the realm it names. */
export function lateRejection(
  request: Request,
  config: Config,
  name: string,
  realm: RealmConfig,
): Rejection | undefined {
  const isAllowed = isAllowedOrigin(request.headers.get("Origin"), realm.allowed_origins);
  return isAllowed ? realmRejection(name, config) : FOREIGN;
}

function realmRejection(name: string, { http }: Config): Rejection | undefined {
  const { realm: limit } = http?.connection_rate ?? DEFAULT_RATE;
  return limit === 0 || buckets.take(`realm ${name}`, limit, Date.now()) ? undefined : HASTY;
}

async function isPaced(network: string, limit: number, env: Env): Promise<boolean> {
  // Where the platform counts, it does so for a whole location, with the limit of that binding.
  if (env.RATE_LIMIT !== undefined) return (await env.RATE_LIMIT.limit({ key: network })).success;
  return limit === 0 || buckets.take(`address ${network}`, limit, Date.now());
}

/** The developer's own machine, as `npm start` reports it; the platform never does. */
function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** Whoever has one IPv6 address has 2^64 of them: the first half counts. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = ""] = address.toLowerCase().split("::");
  return head.split(":").slice(0, 4).join(":");
}

/** Middleware for the paths by which connections are opened; of one that names no realm, it may be the only one there is. */
export async function admit(context: AdmissionContext, next: () => Promise<void>): Promise<Response | undefined> {
  const { env, req } = context;
  const config = configOf(env);
  const name = req.param("realm") ?? onlyRealm(config)?.name;
  const realm = name === undefined ? undefined : realmFor(config, name);
  const rejection = await rejectionOf(req.raw, env, config, name, realm);
  if (rejection === undefined) return void (await next());
  const { message: cause, uri } = rejection;
  writeLog({
    level: "warn",
    event: "connection.refused",
    ...(name && { realm: name }),
    cause,
    uri,
    ...describeClient(req.raw),
  });
  const headers = rejection.status === 429 ? { "Retry-After": "1" } : {};
  return context.json({ error: rejection.message }, rejection.status, headers);
}
