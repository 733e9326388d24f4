/** Meta events: what the router publishes about its own sessions, registrations and subscriptions (Meta API). */

import type { Subscription, SubscriptionObserver, Subscriptions } from "../broker/subscriptions.ts";
import type { Registration, RegistrationObserver } from "../dealer/registrations.ts";
import type { Random } from "../host/host.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

export class MetaEvents implements SubscriptionObserver, RegistrationObserver {
  readonly #subscriptions: Subscriptions;
  readonly #host: Random;
  #isEnabled: boolean;

  constructor(subscriptions: Subscriptions, host: Random, isEnabled: boolean) {
    this.#subscriptions = subscriptions;
    this.#host = host;
    this.#isEnabled = isEnabled;
  }

  /** Does something of which no session is to hear. */
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
   * Publishes on a `wamp.` topic, in the name of nobody (META-08), to every subscriber but `leaving`, a session that is
   * on its way out (D-28). `args` is asked for the Arguments only if somebody subscribed. Call it after the reply to
   * the request that is the reason for it (ORD-09).
   */
  publish(topic: Uri, args: () => List, leaving?: Session): void {
    if (!this.#isEnabled) return;
    let event: { readonly publication: Id; readonly payload: Payload } | undefined;
    this.#subscriptions.forEachMatch(topic, (subscription) => {
      event ??= { publication: this.#host.randomId(), payload: Payload.of(args()) };
      const details: Dict = subscription.match === "exact" ? NO_DETAILS : { topic };
      const message = [MessageType.EVENT, subscription.id, event.publication, details, event.payload] as const;
      for (const session of subscription.subscribers) if (session !== leaving) session.transport.send(message);
    });
  }

  /** Subscribing to `wamp.` topics is no event (META-04). */
  onSubscribe(session: Session, subscription: Subscription): void {
    if (isReservedUri(subscription.topic)) return;
    if (subscription.subscribers.size === 1 && subscription.log === undefined) {
      this.publish("wamp.subscription.on_create", () => [session.id, subscriptionDetails(subscription)]);
    }
    this.publish("wamp.subscription.on_subscribe", () => [session.id, subscription.id]);
  }

  /** Without any subscriber left the subscription is gone, unless its history is kept. */
  onUnsubscribe(session: Session, { id, topic, subscribers, log }: Subscription, leaving?: Session): void {
    if (isReservedUri(topic)) return;
    this.publish("wamp.subscription.on_unsubscribe", () => [session.id, id], leaving);
    if (subscribers.size > 0 || log !== undefined) return;
    this.publish("wamp.subscription.on_delete", () => [session.id, id], leaving);
  }

  onRegister(session: Session, registration: Registration): void {
    if (registration.callees.length === 1) {
      this.publish("wamp.registration.on_create", () => [session.id, registrationDetails(registration)]);
    }
    this.publish("wamp.registration.on_register", () => [session.id, registration.id]);
  }

  onUnregister(session: Session, { id }: Registration, wasLast: boolean, leaving?: Session): void {
    this.publish("wamp.registration.on_unregister", () => [session.id, id], leaving);
    if (wasLast) this.publish("wamp.registration.on_delete", () => [session.id, id], leaving);
  }
}

/** SubscriptionDetails of the Subscription Meta API. */
export function subscriptionDetails({ id, created, topic, match }: Subscription): Dict {
  return { id, created: new Date(created).toISOString(), uri: topic, match };
}

/** RegistrationDetails of the Registration Meta API. */
export function registrationDetails({ id, created, procedure, match, policy }: Registration): Dict {
  return { id, created: new Date(created).toISOString(), uri: procedure, match, invoke: policy };
}
