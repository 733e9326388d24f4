/** Subscriptions: one per (topic or pattern, match policy), with its subscribers. */

import { PatternMap } from "../matching/pattern-map.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { SessionTable } from "../session/session-table.ts";
import { field, optional, record, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { EventLog } from "./event-log.ts";

/** Subscriber → its node key. */
export class NodeKeys extends Map<Session, string> {
  /** The keys of subscribers of the same pattern at other objects of the realm. */
  elsewhere: ReadonlySet<string> = NONE;
}

const NONE: ReadonlySet<string> = new Set();

/** A topic or pattern, with its subscribers. */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: Match;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly subscribers: Set<Session>;
  /**
   * subscriber → its node key, for subscribers that get events by key (Sharded Subscription); undefined if none does.
   */
  nodeKeys: NodeKeys | undefined;
  /** Its event history, if it has one; then it exists without subscribers, too, and its id never changes. */
  readonly log: EventLog | undefined;
}

/** Learns which sessions subscribe. */
export interface SubscriptionObserver {
  /** A session subscribed, as the first one or beside others, and has got SUBSCRIBED. */
  onSubscribe(session: Session, subscription: Subscription): void;
  /** A session is no subscriber any more; `leaving` is the same session where it ends and nothing is sent to it. */
  onUnsubscribe(session: Session, subscription: Subscription, leaving?: Session): void;
}

/** A subscription, in the stored record of a subscriber. */
export interface SubscriptionRecord extends Pick<Subscription, "id" | "match" | "topic" | "created"> {
  readonly nodeKey?: string | undefined;
}

/** The codec of `SubscriptionRecord`. */
export const storedSubscription = record<SubscriptionRecord>({
  id: field("i", is.id),
  match: usually("m", is.match, "exact"),
  topic: field("t", is.text),
  created: field("c", is.number),
  nodeKey: optional("k", is.text),
});

/** The broker's table of subscriptions. A subscription exists as long as it has a subscriber or an event history. */
export class Subscriptions {
  /** (match, topic) → subscription */
  readonly #byTopic = new PatternMap<Subscription>();
  /** subscription id → subscription */
  readonly #byId = new Map<Id, Subscription>();
  readonly #bySession = new SessionTable<Subscription>();
  readonly #records: RecordBudget;

  constructor(records: RecordBudget) {
    this.#records = records;
  }

  /** Subscriptions in all. */
  get size(): number {
    return this.#byId.size;
  }

  /** The subscription of exactly this topic or pattern under this match policy. */
  get(match: Match, topic: Uri): Subscription | undefined {
    return this.#byTopic.get(match, topic);
  }

  /** The subscription with this id. */
  byId(subscriptionId: Id): Subscription | undefined {
    return this.#byId.get(subscriptionId);
  }

  /** Subscription id → subscription, of those that a session holds. */
  heldBy(session: Session): ReadonlyMap<Id, Subscription> {
    return this.#bySession.of(session);
  }

  /** All subscriptions, in the order of their creation. */
  values(): Iterable<Subscription> {
    return this.#byId.values();
  }

  /** Does any subscription match `topic`? One whose history is kept may have no subscriber. */
  hasMatch(topic: Uri): boolean {
    return this.#byTopic.best(topic) !== undefined;
  }

  /** Calls `visit` with every subscription whose subscribers get an event on `topic`; it must not change the table. */
  forEachMatch(topic: Uri, visit: (subscription: Subscription) => void): void {
    this.#byTopic.forEachMatch(topic, visit);
  }

  /** Adds a subscription without a subscriber; `created` in milliseconds since the epoch. */
  create(id: Id, match: Match, topic: Uri, created: number, log?: EventLog): Subscription {
    const subscription: Subscription = {
      ...{ id, match, topic, created, log },
      subscribers: new Set(),
      nodeKeys: undefined,
    };
    this.#byTopic.set(match, topic, subscription);
    this.#records.addEntry(match, topic);
    this.#byId.set(id, subscription);
    return subscription;
  }

  /** Adds a subscriber; `nodeKey` is that of its latest SUBSCRIBE, if any. */
  addSubscriber(subscription: Subscription, session: Session, nodeKey?: string): void {
    this.#removeShare(subscription, session);
    subscription.subscribers.add(session);
    if (nodeKey === undefined) subscription.nodeKeys?.delete(session);
    else {
      subscription.nodeKeys ??= new NodeKeys();
      subscription.nodeKeys.set(session, nodeKey);
    }
    this.#bySession.set(session, subscription.id, subscription);
    this.#records.addShare(session, subscription.topic, nodeKey);
  }

  /** Removes a subscriber, and with the last one the subscription, unless it has an event history. */
  removeSubscriber(subscription: Subscription, session: Session): void {
    this.#removeShare(subscription, session);
    this.#bySession.delete(session, subscription.id);
    subscription.subscribers.delete(session);
    subscription.nodeKeys?.delete(session);
    if (subscription.subscribers.size > 0 || subscription.log !== undefined) return;
    this.#byTopic.delete(subscription.match, subscription.topic);
    this.#records.removeEntry(subscription.match, subscription.topic);
    this.#byId.delete(subscription.id);
  }

  /** A session that subscribes again may name another node key, which counts differently. */
  #removeShare({ topic, subscribers, nodeKeys }: Subscription, session: Session): void {
    if (subscribers.has(session)) this.#records.removeShare(session, topic, nodeKeys?.get(session));
  }

  /** Drops the table of a session that has ended, and that is no subscriber any more. */
  leave(session: Session): void {
    this.#bySession.leave(session);
  }

  /** The subscriptions of a session for its stored record. */
  recordsOf(session: Session): SubscriptionRecord[] {
    return Array.from(this.heldBy(session).values(), ({ id, match, topic, created, nodeKeys }) => {
      return { id, match, topic, created, nodeKey: nodeKeys?.get(session) };
    });
  }

  /** Restores the subscriptions in the record of a session. */
  restore(session: Session, records: readonly SubscriptionRecord[]): void {
    for (const { id, match, topic, created, nodeKey } of records) {
      this.addSubscriber(this.#byId.get(id) ?? this.create(id, match, topic, created), session, nodeKey);
    }
  }
}
