/** What the router tells of its sessions, and how it ends them on demand: events and procedures (Session Meta API). */

import { WampError, WampUri } from "../protocol/errors.ts";
import { Payload } from "../protocol/payload.ts";
import { isValidUri } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString, isStringList, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaEvents } from "./meta-events.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { listed } from "./pages.ts";
import { isVisible, modifyDetails, sessionArgument, sessionDetails } from "./session-details.ts";

/** `session` has got its WELCOME. */
export function joined(events: MetaEvents, session: Session): void {
  if (isVisible(session)) events.publish("wamp.session.on_join", () => [sessionDetails(session)]);
}

/** `session` is gone, and so is all it held (MS-03). */
export function left(events: MetaEvents, session: Session): void {
  const { authid, authrole } = session.identity;
  if (isVisible(session)) events.publish("wamp.session.on_leave", () => [session.id, authid, authrole]);
}

/**
 * `wamp.session.*`; `list` takes the paging of `listed`. The sessions that are killed exclude the caller's, and are
 * detached before anybody's next message is looked at (MS-15).
 */
export const SESSION_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.session.count": (context, _, payload) => Payload.of([asked(context, payload).length]),
  "wamp.session.list": (context, _, payload) => Payload.of([idsOf(listed(asked(context, payload), payload))]),
  "wamp.session.get": (context, _, payload) => Payload.of([sessionDetails(sessionArgument(context, payload, 0))]),
  "wamp.session.kill": kill,
  "wamp.session.kill_by_authid": killByAuthid,
  "wamp.session.kill_by_authrole": killByAuthrole,
  "wamp.session.kill_all": killAll,
  "wamp.session.modify_details": modifyDetails,
};

/** The ids of sessions, in their order. */
export function idsOf(sessions: readonly Session[]): number[] {
  return sessions.map((session) => session.id);
}

/** Sessions with the authroles of argument 0, if there is one. */
function asked(context: MetaContext, payload: Payload): Session[] {
  const authroles = optionalArgument(payload, 0, "filter_authroles", isStringList);
  const sessions: Session[] = [];
  for (const session of context.sessions.byId.values()) {
    const { authrole } = session.identity;
    if (isVisible(session) && (authroles === undefined || authroles.includes(authrole))) sessions.push(session);
  }
  return sessions;
}

function kill(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const session = sessionArgument(context, payload, 0);
  // There is no other session with this id (MS-08).
  if (session === caller) throw new WampError(WampUri.NO_SUCH_SESSION, `there is no other session ${session.id}`);
  return killed(context, [session], payload, Payload.NONE);
}

function killByAuthid(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const authid = argument(payload, 0, "authid", isString);
  const victims = others(context, caller).filter(({ identity }) => identity.authid === authid);
  return killed(context, victims, payload, Payload.of([idsOf(victims)]));
}

function killByAuthrole(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const authrole = argument(payload, 0, "authrole", isString);
  const victims = others(context, caller).filter(({ identity }) => identity.authrole === authrole);
  return killed(context, victims, payload, Payload.of([victims.length]));
}

/** Neither session meta events nor testaments, since nobody would remain to receive them (MS-14). */
function killAll(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const victims = others(context, caller);
  return killed(context, victims, payload, Payload.of([victims.length]), true);
}

function others(context: MetaContext, caller: Session): Session[] {
  return [...context.sessions.byId.values()].filter((session) => session !== caller && isVisible(session));
}

/** Ends the sessions with the reason and message of the keyword arguments. */
function killed(context: MetaContext, victims: readonly Session[], payload: Payload, result: Payload, isQuiet = false) {
  const { reason: given } = payload.kwargs;
  const reason = given ?? WampUri.KILLED;
  if (!isString(reason) || !isValidUri(reason, "loose")) throw new WampError(WampUri.INVALID_URI, "reason is no URI");
  const message = optionalKeyword(payload, "message", isString);
  const afterwards = () => {
    for (const session of victims) context.sessions.kill(session, reason, message, isQuiet);
  };
  return { payload: result, afterwards };
}
