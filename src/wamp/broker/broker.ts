/** The broker: handles SUBSCRIBE, UNSUBSCRIBE and PUBLISH. */

import type { Permission } from "../authorization/permission-rules.ts";
import type { Limits } from "../config/limits.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import { covers } from "../matching/covering.ts";
import { nodeOf } from "../matching/rendezvous.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Event, Publish, Subscribe, Unsubscribe } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isOpaque, opaqueDetails } from "../protocol/payload-passthru.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { disclosedDetails } from "../session/disclosure.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import { shareBytes } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { Acknowledgments } from "./acknowledgments.ts";
import { EventFilter } from "./event-filter.ts";
import { EventHistory } from "./event-history.ts";
import type { EventLog } from "./event-log.ts";
import { Retention } from "./event-retention.ts";
import { isLoggable, type LoggedEvent, loggedEvent } from "./logged-event.ts";
import type { Publication } from "./publication.ts";
import type { NodeKeys, Subscription, SubscriptionObserver, Subscriptions } from "./subscriptions.ts";

/** Sends each publication to the subscribers of its topic (Publish and Subscribe). */
export class Broker {
  readonly subscriptions: Subscriptions;
  readonly acknowledgments: Acknowledgments;
  readonly retention: Retention;
  readonly #host: Host;
  readonly #observer: SubscriptionObserver;
  readonly #limits: Limits;
  readonly #records: RecordBudget;
  readonly #history: EventHistory;
  readonly #idOf: ((match: Match, uri: Uri) => Id) | undefined;

  /** `idOf` returns the id of a subscription in a realm over many objects, which all compute it alike. */
  constructor(
    host: Host,
    { limits, store }: Pick<RealmConfig, "limits" | "store">,
    records: RecordBudget,
    subscriptions: Subscriptions,
    observer: SubscriptionObserver,
    idOf?: (match: Match, uri: Uri) => Id,
  ) {
    this.subscriptions = subscriptions;
    this.#idOf = idOf;
    this.#host = host;
    this.#observer = observer;
    this.#records = records;
    this.#limits = limits;
    this.retention = new Retention(host, store.retain);
    this.#history = new EventHistory(host, store["event-history"]);
    this.acknowledgments = new Acknowledgments(host);
    this.acknowledgments.addBuffer(this.retention);
    this.acknowledgments.addBuffer(this.#history);
    for (const log of this.#history.logs) {
      const id = idOf?.(log.match, log.uri) ?? log.id;
      this.subscriptions.create(id, log.match, log.uri, log.created, log);
      this.acknowledgments.addStoredTopics(log.match, log.uri);
    }
  }

  /** The topic or pattern of a subscription; undefined if there is none with this id. */
  patternOf(subscriptionId: Id): { readonly topic: Uri; readonly match: Match } | undefined {
    return this.subscriptions.byId(subscriptionId);
  }

  /** Removes the retained events of a topic; false if there were none. Throws storage_full. */
  forgetRetained(topic: Uri): boolean {
    return this.retention.remove(topic);
  }

  /**
   * The log with the events of a subscription: its own, or that with the longest URI whose pattern covers all its
   * topics.
   */
  logOf({ log, match, topic: uri }: Subscription): EventLog | undefined {
    if (log !== undefined) return log;
    const covering = this.#history.logs.filter((wide) => covers(wide, { match, uri }));
    return covering.sort((a, b) => b.uri.length - a.uri.length)[0];
  }

  /**
   * The subscription that a SUBSCRIBE joins; undefined if it creates one. Throws limit_exceeded, and changes nothing.
   */
  planSubscription(session: Session, [, , options, topic]: Subscribe): Subscription | undefined {
    const known = this.subscriptions.get((options.match ?? "exact") as Match, topic);
    if (!known?.subscribers.has(session)) this.#checkLimit(session);
    this.#records.check(session, shareBytes(topic, (options.nkey ?? undefined) as string | undefined));
    return known;
  }

  /** Handles SUBSCRIBE; a session that subscribes again to the same topic gets the same id. Throws limit_exceeded. */
  subscribe(session: Session, message: Subscribe): void {
    const [, request, options, topic] = message;
    const match = (options.match ?? "exact") as Match;
    const known = this.planSubscription(session, message);
    const isNew = !known?.subscribers.has(session);
    const nodeKey = (options.nkey ?? undefined) as string | undefined;
    const subscription = known ?? this.#create(session, match, topic);
    this.subscriptions.addSubscriber(subscription, session, nodeKey);
    session.transport.save();
    session.transport.send([MessageType.SUBSCRIBED, request, subscription.id]);
    if (isNew) this.#observer.onSubscribe(session, subscription);
    if (options.get_retained === true) this.retention.replay(session, subscription);
  }

  /** Handles UNSUBSCRIBE. Throws no_such_subscription. */
  unsubscribe(session: Session, [, request, subscriptionId]: Unsubscribe): void {
    const subscription = this.subscriptions.heldBy(session).get(subscriptionId);
    if (subscription === undefined) {
      throw new WampError(WampUri.NO_SUCH_SUBSCRIPTION, `the session does not hold subscription ${subscriptionId}`);
    }
    this.subscriptions.removeSubscriber(subscription, session);
    session.transport.save();
    session.transport.send([MessageType.UNSUBSCRIBED, request]);
    this.#observer.onUnsubscribe(session, subscription);
  }

  /** Removes a subscriber, which is told if it announced that it knows the message (Subscription Revocation). */
  revoke(subscription: Subscription, session: Session, reason?: string): void {
    this.subscriptions.removeSubscriber(subscription, session);
    session.transport.save();
    if (session.has("subscriber.subscription_revocation")) {
      const details = { subscription: subscription.id, ...(reason !== undefined && { reason }) };
      session.transport.send([MessageType.UNSUBSCRIBED, 0, details]);
    }
    this.#observer.onUnsubscribe(session, subscription);
  }

  /**
   * Handles PUBLISH: sends one EVENT per matching subscription and subscriber, all with the same publication id.
   * Returns the number of events. `permission` is the publisher's for the topic. Throws WampError or ProtocolViolation.
   */
  publish(publisher: Session, [, request, options, topic, payload]: Publish, permission: Permission): number {
    const publication = this.#host.randomId();
    const details = publicationDetails(publisher, options, payload, permission);
    const isStoredFirst = this.isStoredFirst(topic, options);
    if (isStoredFirst) this.acknowledgments.checkRoom(topic);
    else if (options.acknowledge === true) publisher.transport.send([MessageType.PUBLISHED, request, publication]);
    const excluded = excludedPublisher(publisher, options);
    const filter = EventFilter.of(options);
    let logged: LoggedEvent | undefined;
    // Events of a pattern name their topic (Pattern-based Subscriptions).
    let patternDetails: Dict | undefined;
    let events = 0;
    this.subscriptions.forEachMatch(topic, (subscription) => {
      const log = logFor(subscription, options);
      if (log !== undefined) {
        logged ??= loggedEvent(publication, this.#host.now(), topic, options, details, payload);
        log.add(logged);
      }
      const isPattern = subscription.match !== "exact";
      if (isPattern) patternDetails ??= { ...details, topic };
      const eventDetails = isPattern && patternDetails !== undefined ? patternDetails : details;
      const event: Event = [MessageType.EVENT, subscription.id, publication, eventDetails, payload];
      events += deliver(event, subscribersFor(subscription, options), excluded, filter);
    });
    if (options.retain === true) {
      this.retention.retain({ publication, topic, options, details, publisher, payload });
    }
    if (isStoredFirst) this.acknowledgments.add(publisher, request, publication);
    return events;
  }

  /**
   * Sends a publication to the subscribers of its topic except `excluded`, without PUBLISHED and retention: for realms
   * over many objects, in which it may have entered another object. Returns the number of events.
   */
  distribute({ id, topic, options, details, payload }: Publication, excluded?: Session): number {
    const filter = EventFilter.of(options);
    let events = 0;
    this.subscriptions.forEachMatch(topic, (subscription) => {
      const eventDetails = subscription.match === "exact" ? details : { ...details, topic };
      const event: Event = [MessageType.EVENT, subscription.id, id, eventDetails, payload];
      events += deliver(event, subscribersFor(subscription, options), excluded, filter);
    });
    return events;
  }

  /**
   * Writes a publication to the histories of its topic, and retains it if it asks for that, without sending it: for
   * realms over many objects. `publisher` is the id of the publisher's session.
   */
  keep({ id, topic, options, details, payload }: Publication, publisher: Id): void {
    let logged: LoggedEvent | undefined;
    this.subscriptions.forEachMatch(topic, (subscription) => {
      const log = logFor(subscription, options);
      if (log === undefined) return;
      logged ??= loggedEvent(id, this.#host.now(), topic, options, details, payload);
      log.add(logged);
    });
    if (options.retain !== true) return;
    this.retention.retain({ publication: id, topic, options, details, publisher: { id: publisher }, payload });
  }

  /** Does PUBLISHED wait until the event is stored, as retained event, in a history or for a webhook? */
  isStoredFirst(topic: Uri, options: Dict): boolean {
    return options.acknowledge === true && this.isStored(topic, options);
  }

  /** Is an event stored, as retained event, in a history or for a webhook? */
  isStored(topic: Uri, options: Dict): boolean {
    return (options.retain === true && this.retention.keeps(topic)) || this.acknowledgments.isStored(topic);
  }

  /** Removes the subscriptions of a session that has ended. */
  leave(session: Session): void {
    this.acknowledgments.leave(session);
    for (const subscription of this.subscriptions.heldBy(session).values()) {
      this.subscriptions.removeSubscriber(subscription, session);
      this.#observer.onUnsubscribe(session, subscription, session);
    }
    this.subscriptions.leave(session);
  }

  #create({ transport }: Session, match: Match, topic: Uri): Subscription {
    const fixed = this.#idOf?.(match, topic) ?? transport.idFor?.("subscription", match, topic);
    return this.subscriptions.create(fixed ?? this.#host.randomId(), match, topic, this.#host.now());
  }

  #checkLimit(session: Session): void {
    const limit = this.#limits.subscriptions_per_session;
    if (this.subscriptions.heldBy(session).size < limit) return;
    throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may hold ${limit} subscriptions`);
  }
}

/**
 * The details that all events of a publication share: the publisher if it is disclosed, its trust level, and those of
 * an opaque payload. Throws WampError for a disclosure that is not allowed, ProtocolViolation for passthru not
 * announced.
 */
export function publicationDetails(publisher: Session, options: Dict, payload: Payload, permission: Permission): Dict {
  const { disclose, trustlevel } = permission;
  const disclosed = disclosedDetails("publisher", publisher, options, disclose);
  const hasTrustlevel = trustlevel !== undefined;
  const carriesPayload = isOpaque(options);
  if (!hasTrustlevel && !carriesPayload) return disclosed;
  return {
    ...disclosed,
    ...(hasTrustlevel && { trustlevel }),
    ...(carriesPayload && opaqueDetails(options, publisher, "publisher", payload)),
  };
}

/**
 * Sends the same tuple to every receiver, so that it is encoded once per serializer; returns the number of receivers.
 */
function deliver(
  event: Event,
  subscribers: ReadonlySet<Session>,
  excluded: Session | undefined,
  filter: EventFilter | undefined,
): number {
  let events = 0;
  for (const session of subscribers) {
    if (exclusionOf(session, excluded, filter) !== undefined) continue;
    session.transport.send(event);
    events++;
  }
  return events;
}

/** The publisher, unless it gets its own event with `exclude_me: false` (Publisher Exclusion). */
export function excludedPublisher(publisher: Session, options: Dict): Session | undefined {
  return options.exclude_me === false ? undefined : publisher;
}

/** The event history of a subscription in which an event with these options of PUBLISH is kept, if it has one. */
export function logFor({ log }: Subscription, options: Dict): EventLog | undefined {
  return log !== undefined && isLoggable(options) ? log : undefined;
}

/** The option of PUBLISH for which a subscriber does not get an event; undefined for a receiver. */
export function exclusionOf(
  session: Session,
  excluded: Session | undefined,
  filter: EventFilter | undefined,
): string | undefined {
  return session === excluded ? "exclude_me" : filter?.exclusionOf(session);
}

/**
 * The subscribers to whom an event with these options of PUBLISH goes: with `rkey` those without a node key, and those
 * whose node key owns it (Sharded Subscription).
 */
export function subscribersFor({ subscribers, nodeKeys }: Subscription, { rkey }: Dict): ReadonlySet<Session> {
  return nodeKeys === undefined || typeof rkey !== "string" ? subscribers : shardOf(subscribers, nodeKeys, rkey);
}

// A function of its own: a closure in `subscribersFor` would allocate with each event.
function shardOf(subscribers: ReadonlySet<Session>, nodeKeys: NodeKeys, rkey: string): ReadonlySet<Session> {
  const node = nodeOf(rkey, nodeKeys.elsewhere.union(new Set(nodeKeys.values())));
  return new Set([...subscribers].filter((session) => (nodeKeys.get(session) ?? node) === node));
}
