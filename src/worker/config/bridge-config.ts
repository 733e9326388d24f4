/** `http.bridge`, `http.service` and `http.events`, ways in that act with a role of the configuration, and `http.metrics`. */

import * as v from "valibot";
import { secretsSchema } from "../../wamp/config/auth.ts";
import { listOf, nameOf } from "../../wamp/config/consistency.ts";
import { flag, integer, number, text } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly, type Fault, faultAt } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import { isIpRange } from "./ip-range.ts";

const route = v.pipe(v.string(), v.startsWith("/", "must begin with /"));
const ipRange = v.pipe(v.string(), v.check(isIpRange, "must be an IP address or network"));

/**
 * Crossbar.io's publisher and caller services. `post_body_limit` in bytes and `timestamp_delta_limit` in seconds, 0 for
 * no limit; `call_timeout` in milliseconds.
 */
export const bridgeSchema = closed({
  publish: v.optional(route, "/publish/:realm"),
  call: v.optional(route, "/call/:realm"),
  /** Role of signed requests, or of all requests if the bridge is open. */
  role: v.exactOptional(text),
  key: v.exactOptional(text),
  secret: v.exactOptional(secretsSchema),
  /** Signatures cover the action and the realm, too: "publish realm1" and a line feed before Crossbar.io's fields. */
  sign_route: flag,
  /** Serves requests without a signature, ticket or token. */
  open: flag,
  require_ip: v.exactOptional(v.array(ipRange)),
  require_tls: flag,
  post_body_limit: v.optional(number(0, 1_048_576), 0),
  timestamp_delta_limit: v.optional(number(0, 86_400), 300),
  call_timeout: v.optional(integer(1), 60_000),
  /** Answers WAMP errors with an HTTP status by error URI instead of Crossbar.io's 200. */
  status_codes: flag,
  /** Origins of pages that may use the bridge; `*` for all pages, without credentials. */
  allowed_origins: v.exactOptional(v.array(text)),
});

/** The role of other Workers that use the service binding. */
export const serviceSchema = closed({ role: text });

/** Server-sent events: any client may watch the topics that this role may subscribe to. `heartbeat` in seconds. */
export const eventsSchema = closed({
  role: text,
  heartbeat: v.optional(number(1, 600), 15),
});

/** The bearer token of `/metrics`, or several while it is replaced; without this entry the path does not exist. */
export const metricsSchema = closed({ token: secretsSchema });

/** `http.bridge`, checked, defaults filled in. */
export type BridgeConfig = DeepReadonly<v.InferOutput<typeof bridgeSchema>>;

type Dict = Readonly<Record<string, unknown>>;

/** Faults of `http.bridge`, `http.service` and `http.events` as written, which their schemas cannot see. */
export function bridgeFaults({ http, realms }: Dict): Fault[] {
  if (!isDict(http)) return [];
  const all = listOf(realms).filter(isDict);
  const { bridge, service, events } = http;
  return [
    ...(isDict(bridge)
      ? [...proofFaults(bridge, all), ...pathFaults(bridge, all), ...roleFaults("bridge", bridge, all)]
      : []),
    ...(isDict(service) ? roleFaults("service", service, all) : []),
    ...(isDict(events) ? roleFaults("events", events, all) : []),
  ];
}

/**
 * Requires proof by signature, ticket or token, or an explicit `open`, so that an omission opens no realm to everyone.
 */
function proofFaults({ key, secret, sign_route, open, role }: Dict, realms: readonly Dict[]): Fault[] {
  const path = ["http", "bridge"];
  if (sign_route === true && secret === undefined) return [faultAt([...path, "sign_route"], "needs key and secret")];
  if ((key === undefined) !== (secret === undefined)) return [faultAt(path, "needs key and secret, or neither")];
  const isSigned = key !== undefined;
  if (isSigned && open === true) return [faultAt([...path, "open"], "cannot be combined with key")];
  if (isSigned || open === true) return role === undefined ? [faultAt([...path, "role"], "is missing")] : [];
  const hasTickets = realms.some(({ auth }) => isDict(auth) && (auth.ticket ?? auth.jwt) !== undefined);
  if (hasTickets) return [];
  return [faultAt(path, 'needs key and secret, or a realm with ticket or jwt authentication, or "open": true')];
}

function pathFaults({ publish, call }: Dict, realms: readonly Dict[]): Fault[] {
  if (realms.length === 1 && !nameOf(realms[0])?.includes("*")) return [];
  return Object.entries({ publish, call })
    .filter(([, route]) => typeof route === "string" && !route.split("/").includes(":realm"))
    .map(([key]) =>
      faultAt(
        ["http", "bridge", key],
        "must contain :realm, because the configuration does not have exactly one realm",
      ),
    );
}

function roleFaults(section: string, { role }: Dict, realms: readonly Dict[]): Fault[] {
  if (typeof role !== "string" || realms.some(({ roles }) => listOf(roles).some((it) => nameOf(it) === role)))
    return [];
  return [faultAt(["http", section, "role"], `is ${JSON.stringify(role)}, a role no realm has`)];
}
