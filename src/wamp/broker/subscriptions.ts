/** Subscriptions: one per (topic or pattern, match policy), with everyone who subscribed to it. */

import { PatternMap } from "../matching/pattern-map.ts";
import type { Id, Uri } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import { field, optional, record, usually } from "../records/stored-record.ts";
import * as is from "../records/stored-values.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
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
    this.#records.create(match, topic);
    this.#byId.set(id, subscription);
    return subscription;
  }

  /** Adds a session, as the node `nodeKey` if it named one in its latest SUBSCRIBE. */
  join(subscription: Subscription, session: Session, nodeKey?: string): void {
    this.#partRecord(subscription, session);
    subscription.subscribers.add(session);
    if (nodeKey === undefined) subscription.nodeKeys?.delete(session);
    else {
      subscription.nodeKeys ??= new Map();
      subscription.nodeKeys.set(session, nodeKey);
    }
    session.subscriptions.set(subscription.id, subscription);
    this.#records.join(session, subscription.topic, nodeKey);
  }

  part(subscription: Subscription, session: Session): void {
    this.#partRecord(subscription, session);
    session.subscriptions.delete(subscription.id);
    subscription.subscribers.delete(session);
    subscription.nodeKeys?.delete(session);
    if (subscription.subscribers.size > 0 || subscription.log !== undefined) return;
    this.#byTopic.delete(subscription.match, subscription.topic);
    this.#records.delete(subscription.match, subscription.topic);
    this.#byId.delete(subscription.id);
  }

  /** A session that subscribes again may name another node key. */
  #partRecord({ id, topic, nodeKeys }: Subscription, session: Session): void {
    if (session.subscriptions.has(id)) this.#records.part(session, topic, nodeKeys?.get(session));
  }

  /** Puts back what the record of a session that slept tells. */
  wake(session: Session, records: readonly SubscriptionRecord[]): void {
    for (const { id, match, topic, created, nodeKey } of records) {
      this.join(this.#byId.get(id) ?? this.create(id, match, topic, created), session, nodeKey);
    }
  }
}

export function subscriptionRecord(subscription: Subscription, session: Session): SubscriptionRecord {
  const { id, match, topic, created, nodeKeys } = subscription;
  return { id, match, topic, created, nodeKey: nodeKeys?.get(session) };
}
