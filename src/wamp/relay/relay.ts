/** A relay: holds the sessions of a region, matches and sends events for them, and asks the core for the rest. */

import type { Broker } from "../broker/broker.ts";
import type { RealmConfig } from "../config/realm.ts";
import { earliest } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import { WampError } from "../protocol/errors.ts";
import type { Pattern } from "../protocol/uri.ts";
import type { Id } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import { RelayAuthentication } from "./authentication/relay-authentication.ts";
import type { OwnRoleVersion } from "./authentication/relay-roles.ts";
import { type CoolingStore, RelayInterest } from "./broker/relay-interest.ts";
import { RelayPublications } from "./broker/relay-publications.ts";
import { RelaySubscriptions, refuseSubscribe } from "./broker/relay-subscriptions.ts";
import { RelayedBroker } from "./broker/relayed-broker.ts";
import { EVERYTHING } from "./broker/told-topics.ts";
import { WaitingPublications } from "./broker/waiting-publications.ts";
import { RemoteDealer } from "./dealer/remote-dealer.ts";
import type { Batch, BatchAnswer } from "./link/batch.ts";
import { CoreLink } from "./link/core-link.ts";
import type { DownLinkStore } from "./link/down-links.ts";
import type { ToCore, ToRelay } from "./link/messages.ts";
import type { RelayIds } from "./link/relay-ids.ts";
import { RelayMeta } from "./meta/relay-meta.ts";
import { RelayMetaEvents } from "./meta/relayed-meta-events.ts";
import { SessionCounts } from "./meta/session-counts.ts";
import { RelayRealm } from "./relay-realm.ts";
import { RelayRecovery } from "./relay-recovery.ts";

/** What a relay asks of its object. */
export interface RelayPorts {
  /** The number of the relay. */
  readonly relay: number;
  readonly ids: RelayIds;
  /** See `Batch.epoch`. */
  readonly epoch: number;
  /** See `CorePorts.boot`. */
  readonly boot: number;
  nextStream(): number;
  /** Hands a batch for the core to the platform, which reports `answered` or `lost` for it later. */
  carry(batch: Batch<ToCore>): void;
  readonly cooling: CoolingStore;
  readonly down: DownLinkStore;
  /** The topics whose events the core stores beside those of the histories: those of webhooks. */
  readonly storedTopics?: readonly Pattern[];
  readonly roleVersion: OwnRoleVersion;
  /** The number of relays in the configuration. */
  readonly relays: number;
}

/** The platform calls `endTurn` after each event and in `Host.flushOutput`, and `tick` instead of `Realm.tick`. */
export class Relay {
  readonly realm: Realm;
  readonly interest: RelayInterest;
  readonly #host: Host;
  readonly #ports: RelayPorts;
  readonly #link: CoreLink;
  readonly #publications: RelayPublications;
  readonly #subscriptions: RelaySubscriptions;
  readonly authentication: RelayAuthentication;
  readonly #counts: SessionCounts;
  readonly #meta: RelayMeta;
  readonly #waiting: WaitingPublications;
  #dealer: RemoteDealer | undefined;
  #metaEvents: RelayMetaEvents | undefined;

  constructor(name: string, config: RealmConfig, host: Host, ports: RelayPorts) {
    this.#host = host;
    this.#ports = ports;
    this.#link = this.#newLink(config);
    const send = (message: ToCore) => this.#link.queue(message);
    const { ids, roleVersion, relays } = ports;
    this.authentication = new RelayAuthentication(config, {
      ...{ host, ids, roleVersion, relays, send },
      boot: () => ports.boot,
      realm: () => this.realm,
    });
    this.#waiting = new WaitingPublications({
      clock: host,
      isHere: (session) => this.realm.sessions.byId.get(session.id) === session,
    });
    this.#publications = new RelayPublications({
      ...{ host, relay: ports.relay, boot: () => ports.boot, waiting: this.#waiting, link: this.#link },
      distribute: (publication) => this.realm.broker.distribute(publication),
    });
    this.interest = new RelayInterest({
      clock: host,
      announce: (pattern, session) => send({ kind: "announce", pattern, session }),
      withdraw: (pattern, session) => send({ kind: "withdraw", pattern, session }),
      store: ports.cooling,
    });
    this.#subscriptions = new RelaySubscriptions({
      ...{ realm: () => this.realm, interest: this.interest, publications: this.#waiting, link: this.#link },
      limit: config.limits.undecided_bytes,
    });
    this.#counts = new SessionCounts({
      clock: host,
      hasMetaApi: config.options.enable_meta_api,
      sessions: () => this.realm.sessions.byId,
      push: (byRole) => send({ kind: "sessions", byRole }),
    });
    this.#meta = new RelayMeta({ host, send, realm: () => this.realm });
    this.realm = this.#newRealm(name, config);
    const { acknowledgments } = this.realm.broker;
    for (const { match, uri } of config.store["event-history"]) acknowledgments.addStoredTopics(match, uri);
    for (const { match, uri } of ports.storedTopics ?? []) acknowledgments.addStoredTopics(match, uri);
  }

  /**
   * Tells the core of a new epoch, so that it drops what the lost sessions held; call it after `wake`. Sessions that wait
   * for their clients have outlasted them: what they subscribe to is announced again.
   */
  begin(): void {
    this.#link.probe();
    this.#counts.begin();
    this.authentication.roles.compare();
    for (const { match, topic: uri, subscribers } of this.realm.broker.subscriptions.values()) {
      const [first] = subscribers;
      this.#link.queue({ kind: "announce", pattern: { match, uri }, session: first!.id });
    }
  }

  /** Takes note of what the subscriptions of woken sessions need, once `realm` has been woken. */
  wake(): void {
    for (const { match, topic } of this.realm.broker.subscriptions.values()) this.interest.restore(match, topic);
    this.#counts.wake();
  }

  /** Processes a batch of the core; the answer goes back as the result of the call that carried it. Call `endTurn` then. */
  receive(batch: Batch<ToRelay>): BatchAnswer {
    return this.#link.receive(batch);
  }

  /** Takes the answer of the core. Call `endTurn` then. */
  answered(batch: Batch<ToCore>, answer: BatchAnswer): void {
    this.#link.answered(batch, answer);
  }

  /** The platform could not carry a batch to the core. */
  lost(batch: Batch<ToCore>): void {
    this.#link.lost(batch);
  }

  /** Has `endTurn` anything to do? */
  get hasOutput(): boolean {
    return this.#link.hasOutput || this.#counts.hasChanged;
  }

  /** Sends what was queued in this turn, or in several. */
  endTurn(): void {
    this.#counts.check();
    this.#link.flush();
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.realm.tick(now);
    this.interest.tick(now);
    this.authentication.questions.tick(now);
    this.#counts.tick(now);
    this.#meta.tick(now);
    this.#waiting.tick(now);
    this.#link.tick(now);
  }

  /** The time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return earliest(this.nextStoredDeadline(), this.nextAwakeDeadline());
  }

  /** The part of `nextDeadline` that outlasts the object's sleep. */
  nextStoredDeadline(): number | undefined {
    const ofRealm = this.realm.nextDeadline();
    return earliest(earliest(this.interest.nextDeadline(), ofRealm), this.#link.nextStoredDeadline());
  }

  /** The part of `nextDeadline` that concerns memory only: the object stays awake until then. */
  nextAwakeDeadline(): number | undefined {
    const ofMeta = earliest(this.#counts.nextDeadline(), this.#meta.nextDeadline());
    const waiting = earliest(this.authentication.questions.nextDeadline(), this.#waiting.nextDeadline());
    return earliest(ofMeta, earliest(this.#link.nextAwakeDeadline(), waiting));
  }

  /** May the object sleep? Otherwise something in memory only would be lost; it does not last for long. */
  get isIdle(): boolean {
    const isAsking = this.interest.isWaiting || this.#waiting.isWaiting || this.authentication.isWaiting;
    const isBusy = isAsking || this.#dealer!.isRegistering;
    return !isBusy && this.#link.isIdle && this.#counts.isKnown && this.#meta.isIdle;
  }

  /** Does a publication wait to be stored? If the core restarts, it comes again to the other objects. */
  get isStoring(): boolean {
    return this.#waiting.isWaiting;
  }

  /** Has the relay no session for which the core may hold something? What is cooling down outlasts the sessions. */
  get isUnused(): boolean {
    return this.isIdle && this.realm.sessions.byId.size === 0;
  }

  #newLink({ limits }: RealmConfig): CoreLink {
    const ports = this.#ports;
    const { epoch, nextStream, carry, down } = ports;
    const recovery = this.#newRecovery();
    return new CoreLink({
      ...{ clock: this.#host, epoch, nextStream, carry },
      limit: limits.outgoing_bytes,
      isDown: [...down.all()].length > 0,
      onDown: (dropped) => recovery.onDown(dropped),
      onUp: () => recovery.onUp(),
      get boot() {
        return ports.boot;
      },
      process: (message) => this.#process(message),
      recover: (attempted) => recovery.failCalls(attempted),
      giveUp: (overdue) => recovery.giveUp(overdue),
      onRestart: () => this.#restate(),
      onFirstAnswer: () => this.#dealer!.stateRestored(),
      isWaiting: () => {
        const isAsking = this.interest.isWaiting || this.#waiting.isWaiting || this.authentication.isWaiting;
        return isAsking || this.#dealer?.hasOpenRequests === true;
      },
    });
  }

  #newRecovery(): RelayRecovery {
    return new RelayRecovery(() => ({
      ...{ host: this.#host, down: this.#ports.down, interest: this.interest, dealer: this.#dealer! },
      ...{ questions: this.authentication.questions, waiting: this.#waiting, counts: this.#counts },
      queue: (message, onProcessed) => {
        this.#link.queue(message, (end) => {
          if (end === "processed") onProcessed();
        });
      },
    }));
  }

  /** The core has lost what is in no row, or its answers. */
  #restate(): void {
    for (const message of this.#waiting.repeated()) this.#link.queue(message);
    this.interest.announceAgain();
    this.authentication.questions.failAllBut(this.#link.messages);
    this.#dealer!.repeat(new Set(this.#link.messages));
  }

  #newRealm(name: string, config: RealmConfig): Realm {
    const { ids, relay } = this.#ports;
    const ofBroker = {
      forward: this.#publications.forward.bind(this.#publications),
      store: this.#publications.store.bind(this.#publications),
      subscriptionId: ids.subscription.bind(ids),
      isKnown: this.#subscriptions.isKnown.bind(this.#subscriptions),
      refuse: refuseSubscribe,
    };
    const ofEvents = {
      isWanted: this.#publications.isWanted.bind(this.#publications),
      forward: ofBroker.forward,
      distribute: (...event: Parameters<Broker["distribute"]>) => void this.realm.broker.distribute(...event),
    };
    const realm = new RelayRealm(name, config, this.#host, {
      newMetaEvents: (...parts) => {
        this.#metaEvents = new RelayMetaEvents(ofEvents, () => this.#counts.mark(), ...parts);
        return this.#metaEvents;
      },
      newBroker: (host, realmConfig, records, subscriptions, observer) => {
        // The histories are at the core.
        const withoutHistory = { ...realmConfig, store: { ...realmConfig.store, "event-history": [] } };
        return new RelayedBroker(ofBroker, host, withoutHistory, records, subscriptions, {
          onSubscribe: (...args) => observer.onSubscribe(...args),
          onUnsubscribe: (session, subscription, leaving) => {
            const { match, topic, subscribers } = subscription;
            if (subscribers.size === 0) this.interest.release(match, topic, session.id);
            observer.onUnsubscribe(session, subscription, leaving);
          },
        });
      },
      newDealer: (...parts) => {
        this.#dealer = new RemoteDealer(this.#link, ...parts);
        return this.#dealer;
      },
      ...this.authentication.parts,
      newSessionId: () => ids.session(relay, () => this.#host.randomId()),
    });
    realm.holdBack = (peer, raw) =>
      this.authentication.roles.holdBack(peer, raw) || this.#subscriptions.holdBack(peer, raw);
    realm.answersMeta = (message) => {
      const isHere = this.#meta.answers(message);
      // The core's answer depends on them.
      if (!isHere) this.#counts.push();
      return isHere;
    };
    return realm;
  }

  #process(message: ToRelay): void {
    switch (message.kind) {
      case "send": {
        const session = this.realm.sessions.byId.get(message.session);
        if (message.isTapped) this.#meta.hide(message.message);
        return session && this.#dealer!.receive(session, message.message);
      }
      case "over": {
        const session = this.realm.sessions.byId.get(message.session);
        return session && this.#dealer!.over(session, message.key, message.isAbandoned);
      }
      case "restate":
        this.#publications.revoke(EVERYTHING);
        return this.#restate();
      case "abort":
        return this.#abort(message.session, message.uri, message.text, message.code);
      case "confirm": {
        const { match, uri } = message.pattern;
        if (this.interest.isConfirmed(match, uri)) return;
        const id = this.#ports.ids.subscription(match, uri);
        return this.#metaEvents!.confirm(id, message.publication, () => this.interest.answered(match, uri));
      }
      case "refuse": {
        const { match, uri } = message.pattern;
        return this.interest.answered(match, uri, new WampError(message.uri, message.text));
      }
      case "publish":
        return this.#publications.receive(message.publication);
      case "answer":
      case "role":
      case "roles":
      case "callees":
      case "log out":
        return this.authentication.receive(message);
      case "meta":
      case "meta done":
      case "tap":
      case "untap":
        return this.#meta.take(message);
      case "stored":
        return this.#waiting.answered(message);
      case "unused":
        return this.#publications.keepToItself(message.topic);
      case "revoke":
        return this.#publications.revoke(message.pattern);
    }
  }

  #abort(sessionId: Id, uri: string, text: string, code: number): void {
    const session = this.realm.sessions.byId.get(sessionId);
    const peer = session && this.realm.sessions.peerOf(session);
    if (peer !== undefined) this.realm.sessions.abort(peer, uri, text, code);
  }
}
