/** Publishes meta events about sessions, registrations and subscriptions (Meta API). */

import type { Subscription, SubscriptionObserver, Subscriptions } from "../broker/subscriptions.ts";
import type { Registration, RegistrationObserver } from "../dealer/registrations.ts";
import type { Random } from "../host/host.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { isVisible, sessionDetails } from "./session-details.ts";

/** Observes broker and dealer, and publishes what happens there on `wamp.` topics. */
export class MetaEvents implements SubscriptionObserver, RegistrationObserver {
  readonly #subscriptions: Subscriptions;
  readonly #host: Random;
  #isEnabled: boolean;

  constructor(subscriptions: Subscriptions, host: Random, isEnabled: boolean) {
    this.#subscriptions = subscriptions;
    this.#host = host;
    this.#isEnabled = isEnabled;
  }

  /** Calls `act` without publishing the meta events that it causes. */
  silently(act: () => void): void {
    const wasEnabled = this.#isEnabled;
    this.#isEnabled = false;
    try {
      act();
    } finally {
      this.#isEnabled = wasEnabled;
    }
  }

  /**
   * Publishes on a `wamp.` topic, without a publisher (META-08), to all subscribers except the session `leaving`, which
   * is ending. `args` returns the Arguments; it is called only if the topic has subscribers. Call `publish` after the
   * reply to the request that causes the event (ORD-09).
   */
  publish(topic: Uri, args: () => List, leaving?: Session): void {
    if (this.#isEnabled) this.send(topic, args, leaving);
  }

  /** Sends an event to the subscribers, as `publish` says. */
  protected send(topic: Uri, args: () => List, leaving?: Session): void {
    let event: { readonly publication: Id; readonly payload: Payload } | undefined;
    this.#subscriptions.forEachMatch(topic, (subscription) => {
      event ??= { publication: this.#host.randomId(), payload: Payload.of(args()) };
      const details: Dict = subscription.match === "exact" ? NO_DETAILS : { topic };
      const message = [MessageType.EVENT, subscription.id, event.publication, details, event.payload] as const;
      for (const session of subscription.subscribers) if (session !== leaving) session.transport.send(message);
    });
  }

  /** Publishes wamp.session.on_join, after the session's WELCOME. */
  publishOnJoin(session: Session): void {
    if (isVisible(session)) this.publish("wamp.session.on_join", () => [sessionDetails(session)]);
  }

  /** Publishes wamp.session.on_leave, after all that the session held is released (MS-03). */
  publishOnLeave(session: Session): void {
    const { authid, authrole } = session.identity;
    if (isVisible(session)) this.publish("wamp.session.on_leave", () => [session.id, authid, authrole]);
  }

  /** Subscriptions to `wamp.` topics cause no events (META-04). */
  onSubscribe(session: Session, subscription: Subscription): void {
    if (isReservedUri(subscription.topic)) return;
    if (subscription.subscribers.size === 1 && subscription.log === undefined) {
      this.publishCreated(session, subscription);
    }
    this.publish("wamp.subscription.on_subscribe", () => [session.id, subscription.id]);
  }

  /** A subscription without subscribers is deleted, unless its history is kept. */
  onUnsubscribe(session: Session, subscription: Subscription, leaving?: Session): void {
    const { id, topic, subscribers, log } = subscription;
    if (isReservedUri(topic)) return;
    this.publish("wamp.subscription.on_unsubscribe", () => [session.id, id], leaving);
    if (subscribers.size === 0 && log === undefined) this.publishDeleted(session, subscription, leaving);
  }

  /** Publishes that a subscription has its first subscriber here. */
  protected publishCreated(session: Session, subscription: Subscription): void {
    this.publish("wamp.subscription.on_create", () => [session.id, subscriptionDetails(subscription)]);
  }

  /** Publishes that a subscription has no subscriber here any more. */
  protected publishDeleted(session: Session, { id }: Subscription, leaving?: Session): void {
    this.publish("wamp.subscription.on_delete", () => [session.id, id], leaving);
  }

  /** The first callee creates the registration. */
  onRegister(session: Session, registration: Registration): void {
    if (registration.callees.length === 1) {
      this.publish("wamp.registration.on_create", () => [session.id, registrationDetails(registration)]);
    }
    this.publish("wamp.registration.on_register", () => [session.id, registration.id]);
  }

  /** The last callee deletes the registration. */
  onUnregister(session: Session, { id }: Registration, wasLast: boolean, leaving?: Session): void {
    this.publish("wamp.registration.on_unregister", () => [session.id, id], leaving);
    if (wasLast) this.publish("wamp.registration.on_delete", () => [session.id, id], leaving);
  }
}

/** Returns the SubscriptionDetails of the Subscription Meta API. */
export function subscriptionDetails({
  id,
  created,
  topic,
  match,
}: Pick<Subscription, "id" | "created" | "topic" | "match">): Dict {
  return { id, created: new Date(created).toISOString(), uri: topic, match };
}

/** Returns the RegistrationDetails of the Registration Meta API. */
export function registrationDetails({ id, created, procedure, match, policy }: Registration): Dict {
  return { id, created: new Date(created).toISOString(), uri: procedure, match, invoke: policy };
}
