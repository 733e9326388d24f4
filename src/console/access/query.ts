/** The question to `wamp.edge.explain`, from the parameters of the link. */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, Id } from "../../wamp/protocol/values.ts";

/** What can be explained. */
export const ACTIONS = ["call", "publish", "subscribe", "register", "login"] as const;

/** Texts of the fields. */
export interface Question {
  readonly action: string;
  readonly uri: string;
  readonly match: string;
  /** An authid, or the id of a session; empty for the session of the console, or for any session of the role. */
  readonly who: string;
  readonly role: string;
}

/** Sessions that are searched for an authid. */
const MOST_SEARCHED = 1_000;

/** Reads the fields from the link. */
export function questionOf(params: URLSearchParams): Question {
  const text = (name: string): string => params.get(name) ?? "";
  return {
    action: text("action") || "call",
    uri: text("uri"),
    match: text("match") || "exact",
    who: text("who"),
    role: text("role"),
  };
}

/** Asks the router. Rejects with an `Error` where no session has the authid, and with what the router answers. */
export async function explain(session: ChannelSession, question: Question): Promise<Dict> {
  const { action, uri, match, who, role } = question;
  const subject =
    action === "login"
      ? { ...(who !== "" && { authid: who }), ...(role !== "" && { authrole: role }) }
      : { uri, ...(await subjectOf(session, who, role)), ...(isPatternAction(action) && { match }) };
  const { args } = await session.call("wamp.edge.explain", [{ action, ...subject }]);
  return args[0] as Dict;
}

/** Says whether the action has a match policy. */
export function isPatternAction(action: string): boolean {
  return action === "subscribe" || action === "register";
}

async function subjectOf(session: ChannelSession, who: string, role: string): Promise<Dict> {
  if (role !== "") return { authrole: role, ...(who !== "" && { authid: who }) };
  if (who === "") return { session: session.id };
  if (/^\d+$/.test(who)) return { session: Number(who) };
  const { args } = await session.call("wamp.session.list", [], { limit: MOST_SEARCHED });
  for (const id of args[0] as Id[]) {
    const found = await session.call("wamp.session.get", [id]).catch(() => undefined);
    if ((found?.args[0] as Dict | undefined)?.authid === who) return { session: id };
  }
  throw new Error(`${who} has no session now: enter the role, too, and the answer is for a session that it would have`);
}
