/** The broker of an object among many: publications go to the subscribers here, and to the other objects. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { Broker, excludedPublisher, publicationDetails } from "../../broker/broker.ts";
import type { Publication } from "../../broker/publication.ts";
import type { Random } from "../../host/host.ts";
import type { Publish, Subscribe } from "../../protocol/message.ts";
import { MessageType } from "../../protocol/message.ts";
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
   * Says whether the other objects know of a subscriber here. If not it asks them, and calls `onAnswer` later; `refusal`
   * is undefined where they do.
   */
  isKnown(session: Session, pattern: Pattern, onAnswer: (refusal: unknown) => void): boolean;
  /** Sends ERROR for a SUBSCRIBE that the others refuse. */
  refuse(session: Session, message: Subscribe, refusal: unknown): void;
}

/** The broker of a relay and of the core. */
export class RelayedBroker extends Broker {
  readonly #random: Random;
  readonly #ports: BrokerPorts;

  constructor(ports: BrokerPorts, ...[host, config, ...parts]: ConstructorParameters<typeof Broker>) {
    const [records, subscriptions, observer] = parts;
    super(host, config, records, subscriptions, observer, ports.subscriptionId);
    this.#random = host;
    this.#ports = ports;
  }

  override subscribe(session: Session, message: Subscribe): void {
    this.planSubscription(session, message);
    const [, , options, topic] = message;
    const onAnswer = (refusal: unknown): void => {
      if (refusal === undefined) super.subscribe(session, message);
      else this.#ports.refuse(session, message, refusal);
    };
    const pattern: Pattern = { match: (options.match ?? "exact") as Match, uri: topic };
    if (this.#ports.isKnown(session, pattern, onAnswer)) onAnswer(undefined);
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
