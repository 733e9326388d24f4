/** What the router tells of its registrations: events and procedures (Registration Meta API). */

import type { Dict } from "../message.ts";
import type { Registration } from "../registration.ts";
import type { Session } from "../session.ts";
import type { MetaEvents } from "./events.ts";

/** `session` has become a callee of the registration, as its first one or beside others. */
export function registered(events: MetaEvents, session: Session, registration: Registration): void {
  if (registration.callees.length === 1) {
    events.publish("wamp.registration.on_create", () => [session.id, details(registration)]);
  }
  events.publish("wamp.registration.on_register", () => [session.id, registration.id]);
}

/** `session` is a callee of the registration no more; without any callee left the registration is gone. */
export function unregistered(
  events: MetaEvents,
  session: Session,
  { id, callees }: Registration,
  leaving?: Session,
): void {
  events.publish("wamp.registration.on_unregister", () => [session.id, id], leaving);
  if (callees.length === 0) events.publish("wamp.registration.on_delete", () => [session.id, id], leaving);
}

function details({ id, created, procedure, match, policy }: Registration): Dict {
  return { id, created: new Date(created).toISOString(), uri: procedure, match, invoke: policy };
}
