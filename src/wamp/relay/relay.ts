/** A relay: holds the sessions of a region, matches and sends events for them, and asks the core for the rest. */

import type { Broker } from "../broker/broker.ts";
import type { RealmConfig } from "../config/realm.ts";
import { earliest } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { Id } from "../protocol/values.ts";
import { RelayAuthentication } from "./authentication/relay-authentication.ts";
import type { RelayInterest } from "./broker/relay-interest.ts";
import { RelayPubSub } from "./broker/relay-pubsub.ts";
import { EVERYTHING } from "./broker/told-topics.ts";
import { RemoteDealer } from "./dealer/remote-dealer.ts";
import type { Batch, BatchAnswer } from "./link/batch.ts";
import { CoreLink } from "./link/core-link.ts";
import type { OnEnd } from "./link/link-sender.ts";
import { linkLimit, messageSize } from "./link/message-size.ts";
import { closedMessage, type ToCore, type ToRelay } from "./link/messages.ts";
import { RelayMeta } from "./meta/relay-meta.ts";
import { RelayMetaEvents } from "./meta/relayed-meta-events.ts";
import { SessionCounts } from "./meta/session-counts.ts";
import type { RelayPorts } from "./relay-ports.ts";
import { RelayRealm } from "./relay-realm.ts";
import { RelayRecovery } from "./relay-recovery.ts";
import { RelayMoves } from "./resume/relay-moves.ts";

/** One relay. The platform calls `endTurn` after each event and in `Host.flushOutput`, and `tick` instead of `Realm.tick`. */
export class Relay {
  readonly realm: RelayRealm;
  readonly authentication: RelayAuthentication;
  readonly #host: Host;
  readonly #ports: RelayPorts;
  readonly #recovery: RelayRecovery;
  readonly #link: CoreLink;
  readonly #pubsub: RelayPubSub;
  readonly #counts: SessionCounts;
  readonly #meta: RelayMeta;
  /** May the core have rows of the relay? */
  #mayBeKnown: boolean;
  readonly #moves: RelayMoves;
  readonly #dealer: RemoteDealer;

  constructor(name: string, config: RealmConfig, host: Host, ports: RelayPorts) {
    this.#host = host;
    this.#ports = ports;
    this.#recovery = this.#newRecovery();
    this.#link = this.#newLink(config);
    const send = (message: ToCore, onEnd?: OnEnd) => this.#link.queue(message, onEnd);
    const { relay, ids, cooling, nodeKeys, roleVersion, relays, logOuts } = ports;
    // It asks for the roles before its first session, and forgets them with its last one.
    this.#mayBeKnown = roleVersion.get() !== undefined || this.#link.isDown;
    const boot = () => ports.boot;
    const realm = () => this.realm;
    const logins = { host, ids, roleVersion, relays, logOuts, send, boot, realm };
    this.authentication = new RelayAuthentication(config, logins);
    this.#pubsub = new RelayPubSub({
      ...{ host, relay, ids, cooling, nodeKeys, boot, realm, link: this.#link },
      limit: config.limits.undecided_bytes,
    });
    this.#counts = new SessionCounts({
      clock: host,
      hasMetaApi: config.options.enable_meta_api,
      sessions: () => this.realm.sessions.byId,
      push: (byRole) => send({ kind: "sessions", byRole }),
    });
    this.#meta = new RelayMeta({ host, send, realm: () => this.realm });
    this.#moves = new RelayMoves({
      ...{ clock: host, ids, relay, boot, realm, send, pubsub: this.#pubsub, link: this.#link },
      dealer: () => this.#dealer,
    });
    this.realm = this.#newRealm(name, config);
    this.#dealer = this.realm.dealer;
  }

  /** The topics and patterns of its subscriptions, as the core knows them. */
  get interest(): RelayInterest {
    return this.#pubsub.interest;
  }

  /**
   * Tells the core of a new epoch, so that it drops what the lost sessions held; call it after `wake`. Sessions that wait
   * for their clients end, too.
   */
  begin(): void {
    this.#link.probe();
    this.#announce();
    this.#noteKnown();
  }

  /** In a new epoch the core knows nothing of the relay, whose sessions go on if only its storage was lost. */
  #announce(): void {
    this.#counts.begin();
    this.#moves.begin();
    this.authentication.roles.compare();
    this.#pubsub.begin();
  }

  /** Takes note of what the subscriptions of woken sessions need, once `realm` has been woken. */
  wake(): void {
    this.#pubsub.wake();
    this.#counts.wake();
    this.authentication.logOuts.tellAgain();
  }

  /** Processes a batch of the core; the answer goes back as the result of the call that carried it. Call `endTurn` then. */
  receive(batch: Batch<ToRelay>): BatchAnswer {
    const answer = this.#link.receive(batch);
    // The core does not forget a relay for which it has messages.
    if (batch.messages.length > 0) this.#noteKnown();
    return answer;
  }

  /** Takes the answer of the core. Call `endTurn` then. */
  answered(batch: Batch<ToCore>, answer: BatchAnswer): void {
    this.#link.answered(batch, answer);
    if (this.#mayBeKnown || batch.messages.some(({ kind }) => kind !== "closed")) this.#noteKnown();
  }

  /** The object calls `close` when it saves, and must save once more after what was in the way the last time. */
  #noteKnown(): void {
    this.#mayBeKnown = true;
    if (this.hasOnlyParked) this.#host.scheduleFlush();
  }

  /** The platform could not carry a batch to the core. */
  lost(batch: Batch<ToCore>): void {
    this.#link.lost(batch);
  }

  /** See `LinkSender.load`. */
  get load(): number {
    return this.#link.load;
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
    this.#pubsub.tick(now);
    this.#moves.tick(now);
    this.authentication.questions.tick(now);
    this.#counts.tick(now);
    this.#meta.tick(now);
    this.#link.tick(now);
    if (this.#mayBeKnown && this.isIdle) this.#noteKnown();
  }

  /** When `tick` has to be called next, even if the object sleeps until then; milliseconds since the epoch. */
  nextStoredDeadline(): number | undefined {
    const ofRealm = this.realm.nextDeadline();
    return earliest(earliest(this.interest.nextDeadline(), ofRealm), this.#link.nextStoredDeadline());
  }

  /** The same for what concerns memory only: the object stays awake until then. */
  nextAwakeDeadline(): number | undefined {
    const ofMeta = earliest(this.#counts.nextDeadline(), this.#meta.nextDeadline());
    const asked = earliest(this.#moves.nextDeadline(), this.authentication.questions.nextDeadline());
    const ofLink = earliest(this.#link.nextAwakeDeadline(), this.#pubsub.nextAwakeDeadline());
    return earliest(ofMeta, earliest(asked, ofLink));
  }

  /** May the object sleep? Otherwise something in memory only would be lost; it does not last for long. */
  get isIdle(): boolean {
    const isBusy = this.#isAsking || this.#dealer.isRegistering;
    return !isBusy && this.#link.isIdle && this.#counts.isKnown && this.#meta.isIdle;
  }

  /** Does something other than a call wait for the core's answer? */
  get #isAsking(): boolean {
    return this.#pubsub.isWaiting || this.authentication.isWaiting || this.#moves.size > 0;
  }

  /** Does a publication wait to be stored? If the core restarts, it comes again to the other objects. */
  get isStoring(): boolean {
    return this.#pubsub.isStoring;
  }

  /** Tells the core to forget the relay, if it is unused and nothing cools down; calls `then` once it has. */
  close(then: () => void): void {
    if (!(this.#mayBeKnown && this.isUnused) || this.interest.size > 0 || this.#link.isDown) return;
    this.#mayBeKnown = false;
    this.authentication.roles.forget();
    const open = this.#pubsub.publications.forwardAll();
    const closed = closedMessage(this.realm.sessions.byId);
    this.#link.queue(closed, (end) => {
      if (end !== "late") open();
      if (end === "processed" && !closed.isVoid) then();
      else this.#mayBeKnown = true;
    });
  }

  /** Is everything stored that the core has of the relay's sessions, because all wait for their clients? */
  get hasOnlyParked(): boolean {
    return this.realm.sessions.byId.size === this.realm.sessions.parked;
  }

  /** Has the relay no session for which the core may hold something? What is cooling down outlasts the sessions. */
  get isUnused(): boolean {
    return this.isIdle && this.realm.sessions.byId.size === 0;
  }

  #newLink({ limits }: RealmConfig): CoreLink {
    const ports = this.#ports;
    return new CoreLink({
      ...{ clock: this.#host, nextStream: ports.nextStream, carry: ports.carry },
      ...{ sizeOf: messageSize, limit: linkLimit(limits) },
      // Read late: the epoch changes, and an object counts its boot when that is read first.
      get epoch() {
        return ports.epoch;
      },
      get boot() {
        return ports.boot;
      },
      downSince: [...ports.down.all()][0]?.since,
      isNeeded: () => this.realm.sessions.byId.size + this.interest.size + this.authentication.logOuts.size > 0,
      isWaiting: () => this.#isAsking || this.#dealer.hasOpenRequests,
      process: (message) => this.#process(message),
      recover: (...messages) => this.#recovery.failCalls(...messages),
      giveUp: (overdue) => this.#recovery.giveUp(overdue),
      raiseEpoch: (known) => {
        ports.setEpoch(known + 1);
        this.#announce();
      },
      onRestart: () => this.#restate(this.#link.messages),
      onFirstAnswer: () => this.#dealer.stateRestored(),
      onDown: (dropped) => {
        this.#moves.onDown();
        this.#recovery.onDown(dropped);
      },
      onUp: () => this.#recovery.onUp(),
    });
  }

  #newRecovery(): RelayRecovery {
    return new RelayRecovery(() => ({
      ...{ host: this.#host, down: this.#ports.down, pubsub: this.#pubsub, dealer: this.#dealer },
      ...{ authentication: this.authentication, counts: this.#counts, moves: this.#moves },
      queue: (message, onProcessed) => {
        this.#link.queue(message, (end) => {
          if (end === "processed") onProcessed();
        });
      },
    }));
  }

  /** The core has lost what is in no row, or dropped answers. It is certain to process and answer only the messages `unsent`. */
  #restate(unsent: readonly ToCore[]): void {
    this.#pubsub.onRestart();
    this.#moves.repeat(unsent);
    this.authentication.questions.failAllBut(this.#link.messages);
    this.#dealer.repeat(new Set(unsent));
  }

  #newRealm(name: string, config: RealmConfig): RelayRealm {
    const { ids, relay } = this.#ports;
    const { publications, subscriptions } = this.#pubsub;
    const ofEvents = {
      isWanted: publications.isWanted.bind(publications),
      forward: publications.forward.bind(publications),
      distribute: (...event: Parameters<Broker["distribute"]>) => void this.realm.broker.distribute(...event),
    };
    return new RelayRealm(name, config, this.#host, {
      ...this.authentication.parts,
      newMetaEvents: (...parts) => new RelayMetaEvents(ofEvents, () => this.#counts.mark(), ...parts),
      newBroker: (...parts) => this.#pubsub.newBroker(this.#ports.storedTopics, ...parts),
      newDealer: (...parts) => new RemoteDealer(this.#link, ...parts),
      resumeElsewhere: this.#moves.fetch.bind(this.#moves),
      newSessionId: () => ids.session(relay, () => this.#host.randomId()),
      holdBack: (peer, raw) => this.authentication.roles.holdBack(peer, raw) || subscriptions.holdBack(peer, raw),
      answersMeta: (message) => {
        const isHere = this.#meta.answers(message);
        // The core's answer depends on them.
        if (!isHere) this.#counts.push();
        return isHere;
      },
    });
  }

  #process(message: ToRelay): void {
    switch (message.kind) {
      case "send": {
        const session = this.realm.sessions.byId.get(message.session);
        if (session === undefined) return this.#moves.redirect(message);
        if (message.isTapped) this.#meta.hide(message.message);
        return this.#dealer.receive(session, message.message);
      }
      case "over": {
        const session = this.realm.sessions.byId.get(message.session);
        return session ? this.#dealer.over(session, message.key, message.isAbandoned) : this.#moves.redirect(message);
      }
      case "ping":
        return;
      case "restate":
        this.#pubsub.publications.revoke(EVERYTHING);
        this.#restate([]);
        return this.#recovery.stateSessions();
      case "abort":
        return this.#abort(message.session, message.uri, message.text, message.code);
      case "confirm": {
        const { match, uri } = message.pattern;
        if (this.interest.isConfirmed(match, uri)) return;
        const id = this.#ports.ids.subscription(match, uri);
        return this.realm.metaEvents.confirm(id, message.publication, () => this.interest.answered(match, uri));
      }
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
      case "find session":
      case "found session":
      case "take session":
      case "moved session":
      case "session arrived":
        return this.#moves.receive(message);
      default:
        return this.#pubsub.receive(message);
    }
  }

  #abort(sessionId: Id, uri: string, text: string, code: number): void {
    const session = this.realm.sessions.byId.get(sessionId);
    const peer = session && this.realm.sessions.peerOf(session);
    if (peer !== undefined) this.realm.sessions.abort(peer, uri, text, code);
  }
}
