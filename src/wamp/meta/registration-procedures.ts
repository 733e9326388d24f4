/** The procedures that list, show and revoke registrations (Registration Meta API). */

import type { Registration } from "../dealer/registrations.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString, matchArgument, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import { registrationDetails } from "./meta-events.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { idsByMatch, paginate } from "./pages.ts";
import { sessionArgument, sessionById } from "./session-details.ts";

/**
 * `wamp.registration.*`. The lists take the paging of `paginate`; `list` shows only the registrations of one session
 * when it is given its id, as Crossbar.io does (MU-12).
 */
export const REGISTRATION_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.registration.list": list,
  "wamp.registration.lookup": lookup,
  "wamp.registration.match": match,
  "wamp.registration.get": (context, _, payload) =>
    Payload.of([registrationDetails(registrationArgument(context, payload))]),
  "wamp.registration.list_callees": listCallees,
  "wamp.registration.count_callees": (context, _, payload) =>
    Payload.of([registrationArgument(context, payload).callees.length]),
  "wamp.registration.remove_callee": removeCallee,
};

function list(context: MetaContext, _: Session, payload: Payload): Payload {
  const sessionId = optionalArgument(payload, 0, "session", isId);
  const { registrations } = context.dealer;
  const all = sessionId === undefined ? registrations : registrations.heldBy(sessionById(context, sessionId));
  return Payload.of([idsByMatch(paginate(all.values(), payload))]);
}

function lookup(context: MetaContext, _: Session, payload: Payload): Payload {
  const procedure = argument(payload, 0, "procedure", isString);
  return Payload.of([context.dealer.registrations.get(matchArgument(payload, 1), procedure)?.id ?? null]);
}

/** A call of a reserved URI goes to no registration, whatever pattern covers it (URI-13). */
function match(context: MetaContext, _: Session, payload: Payload): Payload {
  const procedure = argument(payload, 0, "procedure", isString);
  if (!context.access.isUri(procedure) || isReservedUri(procedure)) return Payload.of([null]);
  return Payload.of([context.dealer.registrations.best(procedure)?.id ?? null]);
}

function listCallees(context: MetaContext, _: Session, payload: Payload): Payload {
  const sessions = registrationArgument(context, payload).callees.map(({ session }) => session);
  return Payload.of([paginate(sessions, payload).map(({ id }) => id)]);
}

/** (registration, session) with an optional reason; a session that is no callee of it counts as none (RREV-04). */
function removeCallee(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const registration = registrationArgument(context, payload);
  const session = sessionArgument(context, payload, 1);
  const reason = optionalKeyword(payload, "reason", isString);
  if (!context.dealer.registrations.heldBy(session).has(registration.id)) {
    throw new WampError(
      WampUri.NO_SUCH_SESSION,
      `session ${session.id} is no callee of registration ${registration.id}`,
    );
  }
  return { payload: Payload.NONE, afterwards: () => context.dealer.revoke(registration, session, reason) };
}

function registrationArgument(context: MetaContext, payload: Payload): Registration {
  const registrationId = argument(payload, 0, "registration", isId);
  const registration = context.dealer.registrations.byId(registrationId);
  if (registration === undefined)
    throw new WampError(WampUri.NO_SUCH_REGISTRATION, `there is no registration ${registrationId}`);
  return registration;
}
