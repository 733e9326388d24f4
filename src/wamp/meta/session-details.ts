/** Selects the sessions that the meta API shows, and makes their details. */

import { TRUSTED } from "../config/trusted.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import { type Dict, type Id, isDict } from "../protocol/values.ts";
import type { Identity, Session } from "../session/session.ts";
import { argument } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaReply } from "./meta-procedure.ts";

/** Characters of JSON that `modify_details` may add to one session: they are stored in its record, which is small. */
const MAX_ADDED_DETAILS = 4096;

/** Says whether the meta API shows a session: it hides those of the router itself (META-03). */
export function isVisible(session: Session): boolean {
  return session.identity.authrole !== TRUSTED;
}

/** Returns the session of a positional argument; throws no_such_session. */
export function sessionArgument(context: MetaContext, payload: Payload, index: number): Session {
  return sessionById(context, argument(payload, index, "session", isId));
}

/** Returns the session with this id; throws no_such_session. */
export function sessionById(context: MetaContext, sessionId: Id): Session {
  const session = context.sessionById.get(sessionId);
  if (session === undefined || !isVisible(session)) {
    throw new WampError(WampUri.NO_SUCH_SESSION, `there is no session ${sessionId}`);
  }
  return session;
}

/**
 * Returns the dict of `wamp.session.on_join` and `wamp.session.get`: identity and added details. `authextra` comes from
 * an authenticator, without the proofs that the router gave the client.
 */
export function sessionDetails({ id, identity, transport, addedDetails }: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = identity;
  const authextra = publicExtra(identity);
  const details = {
    ...addedDetails,
    ...{ session: id, authid, authrole, authmethod, authprovider },
    ...(authextra !== undefined && { authextra }),
  };
  return transport.details === undefined ? details : { ...details, transport: transport.details };
}

/**
 * `wamp.session.modify_details` (session, delta), as in nexus: adds each key of the delta to the session's details or,
 * with null, removes it. Unlike in nexus the keys of the specification cannot be changed (invalid_argument): otherwise
 * its caller could give a session another role. Values are those of JSON. Throws limit_exceeded beyond
 * `MAX_ADDED_DETAILS`.
 */
export function modifyDetails(context: MetaContext, _: Session, payload: Payload): Payload | MetaReply {
  const session = sessionArgument(context, payload, 0);
  const delta = argument(payload, 1, "details", isAddable);
  const merged = Object.entries({ ...session.addedDetails, ...delta });
  const addedDetails: Dict = Object.fromEntries(merged.filter(([, value]) => value !== null && value !== undefined));
  if (JSON.stringify(addedDetails).length > MAX_ADDED_DETAILS) {
    throw new WampError(WampUri.LIMIT_EXCEEDED, `details may have ${MAX_ADDED_DETAILS} characters of JSON`);
  }
  session.addedDetails = addedDetails;
  session.transport.save();
  return Payload.NONE;
}

/** Keys that SCRAM adds to `authextra` for the client alone, in both dialects. */
const PROOFS = ["verifier", "scram_server_signature"];

function publicExtra({ authextra = {} }: Identity): Dict | undefined {
  const shown = Object.entries(authextra).filter(([key]) => !PROOFS.includes(key));
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

const FIXED = ["session", "authid", "authrole", "authmethod", "authprovider", "authextra", "transport"];

function isAddable(value: unknown): value is Dict {
  return isDict(value) && isJson(value) && !FIXED.some((key) => Object.hasOwn(value, key));
}

/** No binary strings, no integers beyond 2^53: records are JSON. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (isDict(value)) return Object.values(value).every(isJson);
  return value === null || ["string", "boolean", "undefined"].includes(typeof value) || Number.isFinite(value);
}
