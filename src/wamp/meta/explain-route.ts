/** Explains where a permitted message would go: callees, receivers, subscriptions and registrations. */

import { matchOf } from "../authorization/authorizer-request.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import { excludedPublisher, exclusionOf, logFor, publicationDetails, subscribersFor } from "../broker/broker.ts";
import { EventFilter } from "../broker/event-filter.ts";
import type { Subscription } from "../broker/subscriptions.ts";
import { calleeOf, type Registration } from "../dealer/registrations.ts";
import { NearestSearch } from "../monitoring/edit-distance.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { type Call, MessageType, type Publish, type Register, type Subscribe } from "../protocol/message.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Dict, List, Uri } from "../protocol/values.ts";
import { INTERNAL, type Session } from "../session/session.ts";
import type { MetaContext } from "./meta-context.ts";
import { registrationDetails, subscriptionDetails } from "./meta-events.ts";

/** The answer of `wamp.edge.explain`, as far as it is known; a refusal leaves the rest out. */
export type Answer = Record<string, unknown>;

/** A message that `wamp.edge.explain` explains. */
export type Request = Call | Publish | Register | Subscribe;

/** Finds the procedure of the router that a CALL calls; throws what the call is refused with. */
export type ProcedureFinder = (context: MetaContext, caller: Session, message: Call) => unknown;

/** Entries of one list. */
const MOST_LISTED = 100;

/** Adds to the answer where a permitted message would go. Throws what it is refused with. */
export function explainRoute(
  context: MetaContext,
  session: Session,
  message: Request,
  permission: Permission,
  findProcedure: ProcedureFinder,
  answer: Answer,
): void {
  switch (message[0]) {
    case MessageType.CALL:
      answer.router = isReservedUri(message[3]);
      if (answer.router) return void findProcedure(context, session, message);
      return explainCall(context, session, message, permission, answer);
    case MessageType.PUBLISH:
      return explainPublish(context, session, message, permission, answer);
    case MessageType.SUBSCRIBE:
      return explainSubscribe(context, session, message, answer);
    case MessageType.REGISTER:
      return explainRegister(context, session, message, permission, answer);
  }
}

function explainCall(
  { dealer }: MetaContext,
  session: Session,
  message: Call,
  permission: Permission,
  answer: Answer,
): void {
  const { queue } = dealer.tables;
  const registrations = bounded(dealer.registrations.matching(message[3])).map((each) => {
    return { ...registrationOf(each), queued: queue.waitingFor(each) };
  });
  answer.registrations = registrations;
  answer.nearest = nearestOf(message[3], registrations, dealer.registrations.values(), ({ procedure }) => procedure);
  const random = { randomId: () => 0, randomBytes: () => new Uint8Array() };
  const { callee, registration, ...call } = dealer.planner.plan(session, message, permission, random);
  const candidates = dealer.planner.candidates(session, message);
  // Which one of several is not known before the call.
  const isRandom = registration.policy === "random" && candidates.length > 1;
  Object.assign(answer, {
    registration: registration.id,
    waits: callee === undefined,
    callee: callee === undefined || isRandom ? null : identityOf(callee.session),
    candidates: bounded(candidates).map(({ session: each }) => identityOf(each)),
    ...("details" in call && { details: call.details, timeout: call.timeoutMs }),
  });
}

function explainPublish(
  { broker }: MetaContext,
  session: Session,
  [, , options, topic, payload]: Publish,
  permission: Permission,
  answer: Answer,
): void {
  const details = publicationDetails(session, options, payload, permission);
  const isStoredFirst = broker.isStoredFirst(topic, options);
  if (isStoredFirst && !broker.acknowledgments.hasRoom(topic)) {
    throw new WampError(WampUri.STORAGE_FULL, "the event cannot be stored");
  }
  const publisher = excludedPublisher(session, options);
  const filter = EventFilter.of(options);
  const subscriptions: Dict[] = [];
  const receivers: Dict[] = [];
  const excluded: Dict[] = [];
  const history: Dict[] = [];
  broker.subscriptions.forEachMatch(topic, (subscription) => {
    const { id } = subscription;
    const details = subscriptionOf(subscription);
    subscriptions.push(details);
    if (logFor(subscription, options)?.accepts) history.push(details);
    const chosen = subscribersFor(subscription, options);
    for (const subscriber of subscription.subscribers) {
      const by = chosen.has(subscriber) ? exclusionOf(subscriber, publisher, filter) : "rkey";
      const entry = { ...identityOf(subscriber), subscription: id };
      if (by === undefined) receivers.push(entry);
      else excluded.push({ ...entry, by });
    }
  });
  Object.assign(answer, {
    details,
    stored_first: isStoredFirst,
    retained: options.retain === true && broker.retention.accepts(topic),
    history: bounded(history),
    subscriptions: bounded(subscriptions),
    nearest: nearestOf(topic, subscriptions, broker.subscriptions.values(), ({ topic: each }) => each),
    events: receivers.length,
    receivers: bounded(receivers),
    // Of webhooks, components and the callees of the configuration.
    internal: bounded(receivers.filter(({ authmethod }) => authmethod === INTERNAL)),
    excluded_count: excluded.length,
    excluded: bounded(excluded),
  });
}

function explainSubscribe({ broker }: MetaContext, session: Session, message: Subscribe, answer: Answer): void {
  const [, , options, topic] = message;
  const known = broker.planSubscription(session, message);
  const isAsked = options.get_retained === true;
  const retained = isAsked ? broker.retention.eventsFor(session, matchOf(options), topic) : [];
  Object.assign(answer, {
    subscription: known === undefined ? null : subscriptionOf(known),
    is_subscriber: known?.subscribers.has(session) ?? false,
    retained_count: retained.length,
    retained: bounded(retained).map(([each]) => each),
  });
}

function explainRegister(
  { dealer }: MetaContext,
  session: Session,
  message: Register,
  permission: Permission,
  answer: Answer,
): void {
  const [, , options, procedure] = message;
  const present = dealer.registrations.get(matchOf(options), procedure);
  answer.registration = present === undefined ? null : registrationOf(present);
  answer.is_callee = present !== undefined && calleeOf(present, session) !== undefined;
  dealer.planRegistration(session, message, permission);
}

/** The URI in use that differs least from one that nothing matches; null where something does. */
function nearestOf<T>(uri: Uri, matches: List, existing: Iterable<T>, uriOf: (each: T) => Uri): Uri | null {
  if (matches.length > 0) return null;
  return new NearestSearch().nearest(uri, Array.from(existing, uriOf)) ?? null;
}

function bounded<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, MOST_LISTED);
}

function identityOf({ id, identity: { authid, authrole, authmethod } }: Session): Dict {
  return { session: id, authid, authrole, authmethod };
}

function subscriptionOf(subscription: Subscription): Dict {
  return { ...subscriptionDetails(subscription), subscribers: subscription.subscribers.size };
}

function registrationOf(registration: Registration): Dict {
  return { ...registrationDetails(registration), callees: registration.callees.length };
}
