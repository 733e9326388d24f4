/** The features that clients and the router announce (Advanced Profile: Features). */

import { MessageType } from "./message.ts";
import type { Dict } from "./values.ts";
import { isDict } from "./values.ts";

/** Client features that the router acts on, one bit each. Append only: stored records hold the bits. */
const CLIENT_FEATURES = [
  "publisher",
  "subscriber",
  "caller",
  "callee",
  "callee.call_canceling",
  "callee.progressive_call_results",
  "callee.progressive_call_invocations",
  "callee.call_timeout",
  "callee.call_reroute",
  "callee.registration_revocation",
  "callee.payload_passthru_mode",
  "caller.progressive_call_invocations",
  "caller.payload_passthru_mode",
  "publisher.payload_passthru_mode",
  "subscriber.subscription_revocation",
] as const;

/** A role, or a feature of a role, of a client. */
export type ClientFeature = (typeof CLIENT_FEATURES)[number];

/** A set of client roles and features as bits. */
export type ClientFeatures = number;

/** Feature → its bit in a set. */
export const FEATURE_BIT: ReadonlyMap<ClientFeature, number> = new Map(
  CLIENT_FEATURES.map((feature, index) => [feature, 1 << index]),
);

/** Spelling in one chapter of the specification → spelling in the others (FEAT-03). */
const ALIASES: { readonly [name: string]: string | undefined } = { call_cancelling: "call_canceling" };

/** HELLO.Details.roles → bits; 0 when it names none of the four client roles. Unknown names are ignored. */
export function clientFeatures(roles: Dict): ClientFeatures {
  let bits = 0;
  for (const role of ["publisher", "subscriber", "caller", "callee"] as const) {
    // null means absent here as well (MSG-12).
    if (!Object.hasOwn(roles, role) || (roles[role] ?? null) === null) continue;
    bits |= FEATURE_BIT.get(role)!;
    for (const feature of announced(roles[role])) {
      bits |= FEATURE_BIT.get(`${role}.${ALIASES[feature] ?? feature}` as ClientFeature) ?? 0;
    }
  }
  return bits;
}

/** Broker features of every realm. */
const BROKER_FEATURES: Dict = {
  publisher_identification: true,
  publisher_exclusion: true,
  subscriber_blackwhite_listing: true,
  pattern_based_subscription: true,
  publication_trustlevels: true,
  // The specification has both spellings (FEAT-07).
  sharded_subscription: true,
  shareded_subscriptions: true,
  event_retention: true,
  payload_passthru_mode: true,
};
/** Dealer features of every realm. Progressive calls and results need call canceling (FEAT-06). */
const DEALER_FEATURES: Dict = {
  progressive_call_results: true,
  progressive_call_invocations: true,
  call_timeout: true,
  call_canceling: true,
  caller_identification: true,
  call_trustlevels: true,
  pattern_based_registration: true,
  shared_registration: true,
  sharded_registration: true,
  call_reroute: true,
  payload_passthru_mode: true,
};

/** Broker features of realms with the meta API, which can revoke subscriptions. */
const BROKER_META_FEATURES: Dict = {
  session_meta_api: true,
  subscription_meta_api: true,
  subscription_revocation: true,
};
/** Dealer features of realms with the meta API, which can revoke registrations. */
const DEALER_META_FEATURES: Dict = {
  session_meta_api: true,
  registration_meta_api: true,
  registration_revocation: true,
  testament_meta_api: true,
};

/** Broker features of realms that are configured to store events (Event History). */
const HISTORY_FEATURES: Dict = { event_history: true };

/** WELCOME.Details.roles of a realm. The history can be read only through the meta API. */
export function routerRoles(hasMetaApi: boolean, hasHistory: boolean): Dict {
  const metaFeatures = { ...BROKER_META_FEATURES, ...(hasHistory && HISTORY_FEATURES) };
  return {
    broker: { features: { ...BROKER_FEATURES, ...(hasMetaApi && metaFeatures) } },
    dealer: { features: { ...DEALER_FEATURES, ...(hasMetaApi && DEALER_META_FEATURES) } },
  };
}

/** WELCOME.Details.agent; without a version, because that helps attackers only. */
export const ROUTER_AGENT = "wamp-edge";

/** Message type → the client role that covers it, for the messages of a session. */
export const ROLE_OF: { readonly [type: number]: "publisher" | "subscriber" | "caller" | "callee" | undefined } = {
  [MessageType.PUBLISH]: "publisher",
  [MessageType.SUBSCRIBE]: "subscriber",
  [MessageType.UNSUBSCRIBE]: "subscriber",
  [MessageType.CALL]: "caller",
  [MessageType.CANCEL]: "caller",
  [MessageType.REGISTER]: "callee",
  [MessageType.UNREGISTER]: "callee",
  [MessageType.YIELD]: "callee",
  [MessageType.ERROR]: "callee",
};

function announced(role: unknown): string[] {
  const features = isDict(role) ? role.features : undefined;
  if (!isDict(features)) return [];
  return Object.keys(features).filter((name) => features[name] === true);
}
