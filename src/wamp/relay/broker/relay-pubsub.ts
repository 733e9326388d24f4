/** Publish and subscribe at a relay: its parts, and the messages of the core that they take. */

import type { Broker } from "../../broker/broker.ts";
import type { RealmConfig } from "../../config/realm.ts";
import type { Clock, Log } from "../../host/host.ts";
import { WampError } from "../../protocol/errors.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { CoreSender } from "../link/core-sender.ts";
import type { PublishRequest, ToCore, ToRelay } from "../link/messages.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import { SeenPublications } from "../link/seen-publications.ts";
import { type NodeKeyStore, RelayNodeKeys } from "./node-keys.ts";
import { type CoolingStore, RelayInterest } from "./relay-interest.ts";
import { RelayPublications } from "./relay-publications.ts";
import { RelaySubscriptions } from "./relay-subscriptions.ts";
import { RelayedBroker } from "./relayed-broker.ts";
import { RetainedRequests } from "./retained-requests.ts";
import { WaitingPublications } from "./waiting-publications.ts";

/** What publish and subscribe ask of the relay and its object. */
export interface RelayPubSubPorts {
  readonly host: Clock & Log;
  /** The number of the relay. */
  readonly relay: number;
  readonly ids: RelayIds;
  /** See `Batch.boot`. */
  boot(): number;
  readonly cooling: CoolingStore;
  readonly nodeKeys: NodeKeyStore;
  readonly link: CoreSender;
  realm(): Realm;
  /** Estimated bytes of one peer's messages that may wait for the core. */
  readonly limit: number;
}

/** The messages of the core about publications and subscriptions. */
type FromCore = Extract<
  ToRelay,
  { readonly kind: "refuse" | "publish" | "stored" | "retained" | "node keys" | "unused" | "revoke" }
>;

/** The part of a relay that its `RelayedBroker` works with. */
export class RelayPubSub {
  readonly interest: RelayInterest;
  readonly publications: RelayPublications;
  readonly subscriptions: RelaySubscriptions;
  readonly seen: SeenPublications;
  readonly #ports: RelayPubSubPorts;
  readonly #waiting: WaitingPublications;
  readonly #retained: RetainedRequests;
  readonly #nodeKeys: RelayNodeKeys;

  constructor(ports: RelayPubSubPorts) {
    this.#ports = ports;
    const { host, relay, boot, cooling, link, realm, limit } = ports;
    const clock = host;
    const send = (message: ToCore) => link.queue(message);
    this.#waiting = new WaitingPublications({
      clock,
      isHere: (session) => realm().sessions.byId.get(session.id) === session,
    });
    this.publications = new RelayPublications({
      ...{ host, relay, boot, link, waiting: this.#waiting },
      distribute: (publication) => realm().broker.distribute(this.seen.forSessions(publication)),
      onStore: (publication, number) => {
        const isRetained = publication.options.retain === true && realm().broker.retention.keeps(publication.topic);
        if (this.#retained.isWaiting && isRetained) this.#retained.note(publication, number);
      },
    });
    this.seen = new SeenPublications(clock, this.publications.own, () => this.publications.counts());
    this.interest = new RelayInterest({
      clock,
      announce: (pattern, session) => send({ kind: "announce", pattern, session }),
      withdraw: (pattern, session) => send({ kind: "withdraw", pattern, session }),
      store: cooling,
    });
    this.#retained = new RetainedRequests({ nextNumber: () => this.publications.own.next(), send });
    this.subscriptions = new RelaySubscriptions({
      ...{ realm, interest: this.interest, publications: this.#waiting, retained: this.#retained, link, limit },
    });
    this.#nodeKeys = new RelayNodeKeys({
      store: ports.nodeKeys,
      subscriptions: () => realm().broker.subscriptions,
      send: (_, pattern, keys) => send({ kind: "node keys", pattern, keys }),
    });
  }

  /** Makes the broker of the relay's realm; `stored` are the topics of webhooks, whose events the core stores. */
  newBroker(stored: readonly Pattern[], ...parts: ConstructorParameters<typeof Broker>): RelayedBroker {
    const [host, config, ...others] = parts;
    const { ids } = this.#ports;
    const { publications, subscriptions } = this;
    const histories = config.store["event-history"];
    const broker = new RelayedBroker(
      {
        forward: publications.forward.bind(publications),
        store: publications.store.bind(publications),
        subscriptionId: ids.subscription.bind(ids),
        isKnown: subscriptions.isKnown.bind(subscriptions),
        patternElsewhere: (id) => histories.find(({ match, uri }) => ids.subscription(match, uri) === id),
        onUnsubscribe: (session, { match, topic, subscribers }) => {
          if (subscribers.size === 0) this.interest.release(match, topic, session.id);
        },
        onNodeKeys: (subscription) => this.#nodeKeys.changed(subscription),
      },
      ...[host, withoutHistory(config), ...others],
    );
    for (const { match, uri } of [...histories, ...stored]) {
      broker.acknowledgments.addStoredTopics(match, uri);
    }
    return broker;
  }

  /** Does a session wait for an answer of the core? */
  get isWaiting(): boolean {
    return this.interest.isWaiting || this.#waiting.isWaiting || this.#retained.isWaiting;
  }

  /** Does a publication wait to be stored? */
  get isStoring(): boolean {
    return this.#waiting.isWaiting;
  }

  /** Takes note of what the subscriptions of woken sessions need. */
  wake(): void {
    for (const { match, topic } of this.#ports.realm().broker.subscriptions.values())
      this.interest.restore(match, topic);
    this.#nodeKeys.wake();
  }

  /** Announces all subscriptions in a new epoch. */
  begin(): void {
    this.interest.begin();
    for (const { match, topic: uri, subscribers } of this.#ports.realm().broker.subscriptions.values()) {
      const [first] = subscribers;
      this.#ports.link.queue({ kind: "announce", pattern: { match, uri }, session: first!.id });
    }
    this.#nodeKeys.begin();
  }

  /** The core has restarted: sends again what it may have lost, publications first. */
  onRestart(): void {
    for (const message of this.#waiting.repeated()) this.#ports.link.queue(message);
    this.interest.announceAgain();
    this.#retained.askAgain();
    this.#nodeKeys.begin();
  }

  /** Refuses what waits: the core cannot be reached. */
  refuseAll(refusal: unknown): void {
    this.interest.refuseAll(refusal);
    this.#retained.refuseAll(refusal);
  }

  /** Tells the core the node keys, which it may have missed. */
  stateKeys(): void {
    this.#nodeKeys.begin();
  }

  /** The core cannot be reached, and the publication is dropped. */
  fail(message: PublishRequest): void {
    this.#waiting.fail(message);
  }

  /** Takes a message of the core. */
  receive(message: FromCore): void {
    switch (message.kind) {
      case "refuse": {
        const { match, uri } = message.pattern;
        return this.interest.answered(match, uri, new WampError(message.uri, message.text));
      }
      case "publish":
        return this.publications.receive(message.publication);
      case "stored":
        return this.#waiting.answered(message);
      case "retained":
        return this.#retained.answered(message);
      case "node keys":
        return this.#nodeKeys.receive(message.pattern, message.keys);
      case "unused":
        return this.publications.stopForwarding(message.topic);
      case "revoke":
        return this.publications.revoke(message.pattern);
    }
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.interest.tick(now);
    this.#waiting.tick(now);
  }

  /** When a publication has waited too long; milliseconds since the epoch. */
  nextAwakeDeadline(): number | undefined {
    return this.#waiting.nextDeadline();
  }
}

/** The histories are at the core. */
function withoutHistory({
  limits,
  store,
}: Pick<RealmConfig, "limits" | "store">): Pick<RealmConfig, "limits" | "store"> {
  return { limits, store: { ...store, "event-history": [] } };
}
