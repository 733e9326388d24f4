/** What the router tells of its subscriptions: events and procedures (Subscription Meta API). */

import type { Dict } from "../message.ts";
import type { Session } from "../session.ts";
import type { Subscription } from "../subscription.ts";
import { isReservedUri } from "../uri.ts";
import type { MetaEvents } from "./events.ts";

/** `session` has subscribed, as the first one or beside others. Subscribing to `wamp.` topics is no event (META-04). */
export function subscribed(events: MetaEvents, session: Session, subscription: Subscription): void {
  if (isReservedUri(subscription.topic)) return;
  if (subscription.subscribers.size === 1) {
    events.publish("wamp.subscription.on_create", () => [session.id, details(subscription)]);
  }
  events.publish("wamp.subscription.on_subscribe", () => [session.id, subscription.id]);
}

/** `session` has the subscription no more; without any subscriber left the subscription is gone. */
export function unsubscribed(
  events: MetaEvents,
  session: Session,
  { id, topic, subscribers }: Subscription,
  leaving?: Session,
): void {
  if (isReservedUri(topic)) return;
  events.publish("wamp.subscription.on_unsubscribe", () => [session.id, id], leaving);
  if (subscribers.size === 0) events.publish("wamp.subscription.on_delete", () => [session.id, id], leaving);
}

function details({ id, created, topic, match }: Subscription): Dict {
  return { id, created: new Date(created).toISOString(), uri: topic, match };
}
