/** The procedures that list, show and end sessions (Session Meta API). */

import { WampError, WampUri } from "../protocol/errors.ts";
import { Payload } from "../protocol/payload.ts";
import { isValidUri } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString, isStringList, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { paginate } from "./pages.ts";
import { isVisible, modifyDetails, sessionArgument, sessionDetails } from "./session-details.ts";

/**
 * `wamp.session.*`; `list` takes the paging of `paginate`. The `kill` procedures exclude the caller's session, and
 * detach sessions before the realm takes the next message of any session (MS-15).
 */
export const SESSION_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.session.count": (context, _, payload) => Payload.of([sessionsWithRoles(context, payload).length]),
  "wamp.session.list": (context, _, payload) =>
    Payload.of([idsOf(paginate(sessionsWithRoles(context, payload), payload))]),
  "wamp.session.get": (context, _, payload) => Payload.of([sessionDetails(sessionArgument(context, payload, 0))]),
  "wamp.session.kill": kill,
  "wamp.session.kill_by_authid": killByAuthid,
  "wamp.session.kill_by_authrole": killByAuthrole,
  "wamp.session.kill_all": killAll,
  "wamp.session.modify_details": modifyDetails,
};

/** Returns the ids of sessions, in their order. */
function idsOf(sessions: readonly Session[]): number[] {
  return sessions.map((session) => session.id);
}

/** Returns the visible sessions: those with the authroles of argument 0, or all where it is absent. */
function sessionsWithRoles(context: MetaContext, payload: Payload): Session[] {
  const authroles = optionalArgument(payload, 0, "filter_authroles", isStringList);
  const sessions: Session[] = [];
  for (const session of context.sessionById.values()) {
    const { authrole } = session.identity;
    if (isVisible(session) && (authroles === undefined || authroles.includes(authrole))) sessions.push(session);
  }
  return sessions;
}

function kill(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const session = sessionArgument(context, payload, 0);
  // There is no other session with this id (MS-08).
  if (session === caller) throw new WampError(WampUri.NO_SUCH_SESSION, `there is no other session ${session.id}`);
  return killSessions(context, [session], payload, Payload.NONE);
}

function killByAuthid(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const authid = argument(payload, 0, "authid", isString);
  const victims = others(context, caller).filter(({ identity }) => identity.authid === authid);
  return killSessions(context, victims, payload, Payload.of([idsOf(victims)]));
}

function killByAuthrole(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const authrole = argument(payload, 0, "authrole", isString);
  const victims = others(context, caller).filter(({ identity }) => identity.authrole === authrole);
  return killSessions(context, victims, payload, Payload.of([victims.length]));
}

/** Causes neither session meta events nor testaments, because no session remains to receive them (MS-14). */
function killAll(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const victims = others(context, caller);
  return killSessions(context, victims, payload, Payload.of([victims.length]), true);
}

function others(context: MetaContext, caller: Session): Session[] {
  return [...context.sessionById.values()].filter((session) => session !== caller && isVisible(session));
}

/** Ends the sessions after the answer, with the reason and message of the keyword arguments. */
function killSessions(
  context: MetaContext,
  victims: readonly Session[],
  payload: Payload,
  result: Payload,
  isQuiet = false,
) {
  const { reason: given } = payload.kwargs;
  const reason = given ?? WampUri.KILLED;
  if (!isString(reason) || !isValidUri(reason, "loose")) throw new WampError(WampUri.INVALID_URI, "reason is no URI");
  const message = optionalKeyword(payload, "message", isString);
  const afterwards = () => {
    for (const session of victims) context.sessions.kill(session, reason, message, isQuiet);
  };
  return { payload: result, afterwards };
}
