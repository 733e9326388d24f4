/** What sessions the meta API shows, and what it tells of each. */

import { TRUSTED } from "../config/permission.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import { type Dict, type Id, isDict } from "../protocol/values.ts";
import type { Identity, Session } from "../session/session.ts";
import { argument } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaReply } from "./meta-procedure.ts";

/** Characters of JSON that `modify_details` may have added to one session: they lie in its record, which is small. */
export const MAX_ADDED_DETAILS = 4096;

/** Sessions of the router's own components are nobody's business (META-03). */
export function isVisible(session: Session): boolean {
  return session.identity.authrole !== TRUSTED;
}

/** The session a positional argument names; throws no_such_session. */
export function sessionArgument(context: MetaContext, payload: Payload, index: number): Session {
  return sessionById(context, argument(payload, index, "session", isId));
}

/** The session with this id; throws no_such_session. */
export function sessionById(context: MetaContext, sessionId: Id): Session {
  const session = context.sessions.byId.get(sessionId);
  if (session === undefined || !isVisible(session)) {
    throw new WampError(WampUri.NO_SUCH_SESSION, `there is no session ${sessionId}`);
  }
  return session;
}

/**
 * The dict of `wamp.session.on_join` and `wamp.session.get`: who the session is, after what was added to it. `authextra` is
 * what an authenticator said of the session; proofs the router gave the client are no part of it.
 */
export function sessionDetails({ id, identity, transport, addedDetails }: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = identity;
  const authextra = shownExtra(identity);
  const details = {
    ...addedDetails,
    ...{ session: id, authid, authrole, authmethod, authprovider },
    ...(authextra !== undefined && { authextra }),
  };
  return transport.details === undefined ? details : { ...details, transport: transport.details };
}

/**
 * `wamp.session.modify_details` (session, delta), as nexus has it: each key of the delta is added to the session's
 * details or, with null, taken from them. Unlike there the keys of the specification stay as they are
 * (invalid_argument): whoever may call this must not make a user of one role a user of another. Values are what JSON
 * can hold. Throws limit_exceeded where more than `MAX_ADDED_DETAILS` would come together.
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

/** What SCRAM adds to `authextra` for the client alone, in both dialects. */
const PROOFS = ["verifier", "scram_server_signature"];

function shownExtra({ authextra = {} }: Identity): Dict | undefined {
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
