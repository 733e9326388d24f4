/** From HELLO to WELCOME or ABORT (Session Establishment). */

import type { Authorization } from "./authorization.ts";
import { ProtocolViolation, WampUri } from "./errors.ts";
import { clientFeatures } from "./features.ts";
import type { Host } from "./host.ts";
import type { Dict, Hello, Uri } from "./message.ts";
import type { RealmConfig } from "./realm-config.ts";
import type { Identity, SessionOrigin } from "./session.ts";
import { isValidRealm } from "./uri.ts";

/** What a HELLO leads to: a session may open, or the client is told why not. */
export type Admission = ({ readonly ok: true } & Pick<SessionOrigin, "identity" | "features" | "agent">) | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly uri: Uri;
  readonly message: string;
}

/** Characters kept of HELLO's `agent`: more than any library's name and version, little in a session record. */
const MAX_AGENT_LENGTH = 128;

/** Decides on a HELLO to realm `realmName`. A HELLO without a client role breaks the protocol (D-15). */
export function admit(
  [, requestedRealm, details]: Hello,
  realmName: string,
  config: RealmConfig,
  authorization: Authorization,
  host: Host,
): Admission {
  const fault = realmFault(requestedRealm, realmName);
  if (fault !== undefined) return fault;
  const features = clientFeatures((details.roles ?? {}) as Dict);
  if (features === 0) {
    throw new ProtocolViolation("HELLO: roles must name at least one of publisher, subscriber, caller, callee");
  }
  const identity = authenticate(details, config, host);
  if (identity === undefined) return noMatchingMethod(details, config);
  if (!authorization.hasRole(identity.authrole)) {
    return refuse(WampUri.NO_SUCH_ROLE, "the role assigned to this session does not exist");
  }
  const agent = typeof details.agent === "string" ? details.agent.slice(0, MAX_AGENT_LENGTH) : undefined;
  return { ok: true, identity, features, agent };
}

/** Why a HELLO for `requested` cannot be served by the realm `realmName`, or by none when that is undefined. */
export function realmFault(requested: string, realmName: string | undefined): Refusal | undefined {
  if (requested !== "" && !isValidRealm(requested)) {
    return refuse(WampUri.INVALID_URI, "the realm name is not a valid URI");
  }
  return requested === realmName ? undefined : refuse(WampUri.NO_SUCH_REALM, "the realm does not exist");
}

/** The first offered method the realm accepts; no offer counts as `anonymous` (AUTH-02, AUTH-04). */
function authenticate(details: Dict, { auth }: RealmConfig, host: Host): Identity | undefined {
  const offered = (details.authmethods ?? ["anonymous"]) as readonly string[];
  if (!offered.includes("anonymous") || auth.anonymous?.type !== "static") return undefined;
  const authid = base64Url(host.randomBytes(18));
  return { authid, authrole: auth.anonymous.role, authmethod: "anonymous", authprovider: "static" };
}

function noMatchingMethod(details: Dict, { auth }: RealmConfig): Refusal {
  const isAnonymous = details.authmethods === undefined || details.authmethods === null;
  return isAnonymous && Object.keys(auth).length > 0
    ? refuse(WampUri.AUTHENTICATION_REQUIRED, "this realm admits authenticated sessions only")
    : refuse(WampUri.NO_MATCHING_AUTH_METHOD, "none of the offered authentication methods is accepted");
}

function refuse(uri: Uri, message: string): Refusal {
  return { ok: false, uri, message };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
