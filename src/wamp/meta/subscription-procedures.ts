/** The procedures that list, show and revoke subscriptions (Subscription Meta API). */

import type { Subscription } from "../broker/subscriptions.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString, matchArgument, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import { subscriptionDetails } from "./meta-events.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { idsByMatch, paginate } from "./pages.ts";
import { sessionArgument, sessionById } from "./session-details.ts";

/**
 * `wamp.subscription.*`. The lists take the paging of `paginate`; `list` shows only the subscriptions of one session
 * when it is given its id, as Crossbar.io does (MU-12).
 */
export const SUBSCRIPTION_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.subscription.list": list,
  "wamp.subscription.lookup": lookup,
  "wamp.subscription.match": match,
  "wamp.subscription.get": (context, _, payload) =>
    Payload.of([subscriptionDetails(subscriptionArgument(context, payload))]),
  "wamp.subscription.list_subscribers": listSubscribers,
  "wamp.subscription.count_subscribers": (context, _, payload) =>
    Payload.of([subscriptionArgument(context, payload).subscribers.size]),
  "wamp.subscription.remove_subscriber": removeSubscriber,
};

/** Returns the subscription of argument 0; throws no_such_subscription. */
export function subscriptionArgument(context: MetaContext, payload: Payload): Subscription {
  const subscriptionId = argument(payload, 0, "subscription", isId);
  const here = context.broker.subscriptions.byId(subscriptionId);
  const subscription = here ?? context.subscriptionElsewhere?.(subscriptionId);
  if (subscription === undefined)
    throw new WampError(WampUri.NO_SUCH_SUBSCRIPTION, `there is no subscription ${subscriptionId}`);
  return subscription;
}

function list(context: MetaContext, _: Session, payload: Payload): Payload {
  const sessionId = optionalArgument(payload, 0, "session", isId);
  const { subscriptions } = context.broker;
  const all = sessionId === undefined ? subscriptions : subscriptions.heldBy(sessionById(context, sessionId));
  return Payload.of([idsByMatch(paginate(all.values(), payload))]);
}

function lookup(context: MetaContext, _: Session, payload: Payload): Payload {
  const topic = argument(payload, 0, "topic", isString);
  return Payload.of([context.broker.subscriptions.get(matchArgument(payload, 1), topic)?.id ?? null]);
}

/** Answers the ids of the subscriptions that get an event on the topic, or null. */
function match(context: MetaContext, _: Session, payload: Payload): Payload {
  const topic = argument(payload, 0, "topic", isString);
  const ids: Id[] = [];
  const { access, broker } = context;
  if (access.isUri(topic)) broker.subscriptions.forEachMatch(topic, ({ id }) => ids.push(id));
  return Payload.of([ids.length > 0 ? ids : null]);
}

function listSubscribers(context: MetaContext, _: Session, payload: Payload): Payload {
  const { subscribers } = subscriptionArgument(context, payload);
  return Payload.of([paginate(subscribers, payload).map(({ id }) => id)]);
}

/**
 * (subscription, session) with an optional reason; no_such_session for a session without the subscription (SREV-04).
 */
function removeSubscriber(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const subscription = subscriptionArgument(context, payload);
  const session = sessionArgument(context, payload, 1);
  const reason = optionalKeyword(payload, "reason", isString);
  if (!subscription.subscribers.has(session)) {
    throw new WampError(WampUri.NO_SUCH_SESSION, `session ${session.id} does not hold subscription ${subscription.id}`);
  }
  return { payload: Payload.NONE, afterwards: () => context.broker.revoke(subscription, session, reason) };
}
