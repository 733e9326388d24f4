/** A client of a realm in a test: its subscriptions keep their events. */

import { ChannelSession } from "../client/channel-session.ts";
import type { EventHandler, Subscription } from "../wamp/local/component.ts";
import { WampUri } from "../wamp/protocol/errors.ts";
import { MessageType, type RouterMessage } from "../wamp/protocol/message.ts";
import type { Dict, Id, Uri } from "../wamp/protocol/values.ts";
import { TestSubscription } from "./test-subscription.ts";

/** HELLO.Details.agent of the clients of tests. */
export const AGENT = "wamp-edge/testing";

/** Methods reject with an `ApplicationError` where the router answers ERROR. */
export class TestSession extends ChannelSession {
  readonly #subscriptions = new Set<TestSubscription>();

  /** Subscribes; the subscription keeps its events, and `handler` gets each of them, too. */
  override async subscribe(topic: Uri, handler?: EventHandler, options?: Dict): Promise<TestSubscription> {
    return (await super.subscribe(topic, handler ?? (() => {}), options)) as TestSubscription;
  }

  override async unsubscribe(subscription: TestSubscription): Promise<void> {
    await super.unsubscribe(subscription);
    this.#subscriptions.delete(subscription);
    subscription.end(WampUri.NO_SUCH_SUBSCRIPTION);
  }

  protected override newSubscription(id: Id, topic: Uri, handler: EventHandler): Subscription {
    const subscription = new TestSubscription(id, topic, handler);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  protected override take(message: RouterMessage): void {
    if (message[0] === MessageType.UNSUBSCRIBED) this.#revoked(message[2]?.subscription);
    super.take(message);
  }

  /** Ends the handlers of a subscription that the router has revoked; the answer to UNSUBSCRIBE names none. */
  #revoked(id: unknown): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.id !== id) continue;
      this.#subscriptions.delete(subscription);
      subscription.end(WampUri.NO_SUCH_SUBSCRIPTION);
    }
  }

  protected override onEnd(reason: Uri): void {
    super.onEnd(reason);
    for (const subscription of this.#subscriptions) subscription.end(reason);
  }
}
