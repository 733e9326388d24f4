/** Subscriptions: one per (topic or pattern, match policy), with everyone who subscribed to it. */

import { PatternMap } from "../matching/pattern-map.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import { field, optional, record, usually } from "../records/stored-record.ts";
import * as is from "../records/stored-values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { SessionTable } from "../session/session-table.ts";
import type { EventLog } from "./event-log.ts";

export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: Match;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly subscribers: Set<Session>;
  /** The node keys of those who share the events by key (Sharded Subscription); undefined as long as nobody does. */
  nodeKeys: Map<Session, string> | undefined;
  /** Its history, where that is kept; then it exists without subscribers too, and its id never changes. */
  readonly log: EventLog | undefined;
}

/** Learns which sessions subscribe. */
export interface SubscriptionObserver {
  /** A session subscribed, as the first one or beside others, and has got SUBSCRIBED. */
  onSubscribe(session: Session, subscription: Subscription): void;
  /** A session is no subscriber any more; `leaving` is the same session where it ends and nothing is sent to it. */
  onUnsubscribe(session: Session, subscription: Subscription, leaving?: Session): void;
}

/** What a sleeping session's record keeps of a subscription. */
export interface SubscriptionRecord extends Pick<Subscription, "id" | "match" | "topic" | "created"> {
  readonly nodeKey?: string | undefined;
}

/** A subscription in the stored record of a session. */
export const storedSubscription = record<SubscriptionRecord>({
  id: field("i", is.id),
  match: usually("m", is.match, "exact"),
  topic: field("t", is.text),
  created: field("c", is.number),
  nodeKey: optional("k", is.text),
});

/** The broker's table. A subscription exists as long as a session holds it or its history is kept. */
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

  get size(): number {
    return this.#byId.size;
  }

  get(match: Match, topic: Uri): Subscription | undefined {
    return this.#byTopic.get(match, topic);
  }

  byId(subscriptionId: Id): Subscription | undefined {
    return this.#byId.get(subscriptionId);
  }

  /** Subscription id → subscription, of those that a session holds. */
  heldBy(session: Session): ReadonlyMap<Id, Subscription> {
    return this.#bySession.of(session);
  }

  values(): Iterable<Subscription> {
    return this.#byId.values();
  }

  /** Calls `visit` with every subscription an event on `topic` goes to. */
  forEachMatch(topic: Uri, visit: (subscription: Subscription) => void): void {
    this.#byTopic.forEachMatch(topic, visit);
  }

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

  /** Adds a session, as the node `nodeKey` if it named one in its latest SUBSCRIBE. */
  addSubscriber(subscription: Subscription, session: Session, nodeKey?: string): void {
    this.#removeShare(subscription, session);
    subscription.subscribers.add(session);
    if (nodeKey === undefined) subscription.nodeKeys?.delete(session);
    else {
      subscription.nodeKeys ??= new Map();
      subscription.nodeKeys.set(session, nodeKey);
    }
    this.#bySession.set(session, subscription.id, subscription);
    this.#records.addShare(session, subscription.topic, nodeKey);
  }

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

  /** A session that subscribes again may name another node key. */
  #removeShare({ topic, subscribers, nodeKeys }: Subscription, session: Session): void {
    if (subscribers.has(session)) this.#records.removeShare(session, topic, nodeKeys?.get(session));
  }

  /** The session is gone, and has no subscription any more. */
  leave(session: Session): void {
    this.#bySession.leave(session);
  }

  /** The subscriptions of a session for its stored record. */
  recordsOf(session: Session): SubscriptionRecord[] {
    return Array.from(this.heldBy(session).values(), ({ id, match, topic, created, nodeKeys }) => {
      return { id, match, topic, created, nodeKey: nodeKeys?.get(session) };
    });
  }

  /** Puts back what the record of a session that slept tells. */
  restore(session: Session, records: readonly SubscriptionRecord[]): void {
    for (const { id, match, topic, created, nodeKey } of records) {
      this.addSubscriber(this.#byId.get(id) ?? this.create(id, match, topic, created), session, nodeKey);
    }
  }
}
