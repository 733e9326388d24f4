/** The broker of an object among many: publications go to the subscribers here, and to the other objects. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { Broker, excludedPublisher, publicationDetails } from "../../broker/broker.ts";
import type { Publication } from "../../broker/publication.ts";
import type { Subscription, SubscriptionObserver } from "../../broker/subscriptions.ts";
import type { Random } from "../../host/host.ts";
import { WampError } from "../../protocol/errors.ts";
import { MessageType, NO_DETAILS, type Publish, type Subscribe } from "../../protocol/message.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";

/** What the broker asks of its object. */
export interface BrokerPorts {
  /** Sends a publication to the other objects that have a use for it; returns how many that may be. */
  forward(publication: Publication): number;
  /**
   * Forwards a publication that is stored, and sends PUBLISHED for `request`, if given, once it is. Throws storage_full.
   */
  store(publication: Publication, publisher: Session, request: Id | undefined): number;
  /** Returns the same id in every object. */
  subscriptionId(match: Match, uri: Uri): Id;
  /**
   * Says whether nothing has to be asked of the other objects for a subscriber here. Otherwise it asks them, and calls
   * `onAnswer` later; `refusal` is undefined where they know of it. `wantsRetained`: does the session ask for retained
   * events?
   */
  isKnown(session: Session, pattern: Pattern, wantsRetained: boolean, onAnswer: (refusal: unknown) => void): boolean;
  /** The topic or pattern of a subscription that only other objects have, where that is known. */
  patternElsewhere(subscriptionId: Id): Pattern | undefined;
  /** A session is no subscriber any more. */
  onUnsubscribe(session: Session, subscription: Subscription): void;
  /** The node keys of a subscription may have changed. */
  onNodeKeys(subscription: Subscription): void;
}

/** The broker of a relay and of the core. */
export class RelayedBroker extends Broker {
  readonly #random: Random;
  readonly #ports: BrokerPorts;

  constructor(ports: BrokerPorts, ...[host, config, ...parts]: ConstructorParameters<typeof Broker>) {
    const [records, subscriptions, observer] = parts;
    super(host, config, records, subscriptions, observedBy(ports, observer), ports.subscriptionId);
    this.#random = host;
    this.#ports = ports;
  }

  override patternOf(subscriptionId: Id): { readonly topic: Uri; readonly match: Match } | undefined {
    const here = super.patternOf(subscriptionId);
    if (here !== undefined) return here;
    const elsewhere = this.#ports.patternElsewhere(subscriptionId);
    return elsewhere && { topic: elsewhere.uri, match: elsewhere.match };
  }

  override subscribe(session: Session, message: Subscribe): void {
    this.planSubscription(session, message);
    const [, , options, uri] = message;
    const pattern: Pattern = { match: (options.match ?? "exact") as Match, uri };
    const onAnswer = (refusal: unknown): void => {
      if (refusal === undefined) this.#subscribeLate(session, message);
      else refuse(session, message, refusal);
    };
    if (this.#ports.isKnown(session, pattern, options.get_retained === true, onAnswer))
      this.#subscribe(session, message);
  }

  #subscribe(session: Session, message: Subscribe): void {
    super.subscribe(session, message);
    const [, , options, topic] = message;
    const subscription = this.subscriptions.get((options.match ?? "exact") as Match, topic);
    if (subscription?.nodeKeys !== undefined) this.#ports.onNodeKeys(subscription);
  }

  /** Other sessions may have used up what the realm may hold. */
  #subscribeLate(session: Session, message: Subscribe): void {
    try {
      this.#subscribe(session, message);
    } catch (error) {
      refuse(session, message, error);
    }
  }

  /**
   * The publication goes to the other objects once: of two ways to one subscriber the faster would change the order. Each
   * other object counts as one receiver, because how many it has is not known here.
   */
  override publish(publisher: Session, [, request, options, topic, payload]: Publish, permission: Permission): number {
    const details = publicationDetails(publisher, options, payload, permission);
    const publication: Publication = { id: this.#random.randomId(), topic, options, details, payload };
    const isAcknowledged = options.acknowledge === true;
    const isStored = this.isStored(topic, options);
    const elsewhere = isStored
      ? this.#ports.store(publication, publisher, isAcknowledged ? request : undefined)
      : this.#ports.forward(publication);
    if (isAcknowledged && !isStored) publisher.transport.send([MessageType.PUBLISHED, request, publication.id]);
    const events = this.distribute(publication, excludedPublisher(publisher, options));
    return events + elsewhere;
  }
}

function observedBy(ports: BrokerPorts, observer: SubscriptionObserver): SubscriptionObserver {
  return {
    onSubscribe: (...args) => observer.onSubscribe(...args),
    onUnsubscribe: (session, subscription, leaving) => {
      ports.onUnsubscribe(session, subscription);
      if (subscription.nodeKeys !== undefined) ports.onNodeKeys(subscription);
      observer.onUnsubscribe(session, subscription, leaving);
    },
  };
}

/** Sends ERROR for a SUBSCRIBE; throws what is no `WampError`. */
function refuse(session: Session, [, request]: Subscribe, refusal: unknown): void {
  if (!(refusal instanceof WampError)) throw refusal;
  const { uri, payload } = refusal;
  session.transport.send([MessageType.ERROR, MessageType.SUBSCRIBE, request, NO_DETAILS, uri, payload]);
}
