/** What the router tells of its sessions, and how it ends them on demand: events and procedures (Session Meta API). */

import type { Dict } from "../message.ts";
import { TRUSTED } from "../realm-consistency.ts";
import type { Session } from "../session.ts";
import type { MetaEvents } from "./events.ts";

/** `session` has got its WELCOME. */
export function joined(events: MetaEvents, session: Session): void {
  if (isVisible(session)) events.publish("wamp.session.on_join", () => [details(session)]);
}

/** `session` is gone, and so is all it held (MS-03). */
export function left(events: MetaEvents, session: Session): void {
  const { authid, authrole } = session.identity;
  if (isVisible(session)) events.publish("wamp.session.on_leave", () => [session.id, authid, authrole]);
}

/** Sessions of the router's own components are nobody's business (META-03). */
function isVisible(session: Session): boolean {
  return session.identity.authrole !== TRUSTED;
}

function details({ id, identity }: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = identity;
  return { session: id, authid, authrole, authmethod, authprovider };
}
