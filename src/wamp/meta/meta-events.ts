/** Meta events: what the router publishes about its own sessions, registrations and subscriptions (Meta API). */

import type { Subscriptions } from "../broker/subscriptions.ts";
import type { Host } from "../host/host.ts";
import type { Dict, Id, List, Uri } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { NO_DETAILS } from "../session/disclosure.ts";
import type { Session } from "../session/session.ts";

export class MetaEvents {
  readonly #subscriptions: Subscriptions;
  readonly #host: Host;
  #isEnabled: boolean;

  constructor(subscriptions: Subscriptions, host: Host, isEnabled: boolean) {
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
}
