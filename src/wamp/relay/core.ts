/** The core of a realm over many objects: judges calls and registrations, and passes publications on between relays. */

import type { Broker } from "../broker/broker.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { Invocation } from "../dealer/invocation.ts";
import { earliest } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import type { Pattern } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { CoreAuthentication } from "./authentication/core-authentication.ts";
import { CorePublications } from "./broker/core-publications.ts";
import { CoreNodeKeys } from "./broker/node-keys.ts";
import { OwnSubscriptions } from "./broker/own-subscriptions.ts";
import { RelayedBroker } from "./broker/relayed-broker.ts";
import { StoredPublications } from "./broker/stored-publications.ts";
import type { CorePorts } from "./core-ports.ts";
import { CoreRecovery } from "./core-recovery.ts";
import { CoreDealer } from "./dealer/core-dealer.ts";
import { CorePendingCalls } from "./dealer/core-pending-calls.ts";
import { Handover } from "./dealer/handover.ts";
import { RemoteRequests } from "./dealer/remote-requests.ts";
import { RemoteSessions } from "./dealer/remote-sessions.ts";
import type { Batch, BatchAnswer } from "./link/batch.ts";
import { linkLimit } from "./link/message-size.ts";
import type { ToCore, ToRelay } from "./link/messages.ts";
import { CORE, type RelayIds } from "./link/relay-ids.ts";
import { RelayLinks } from "./link/relay-links.ts";
import { CoreMeta } from "./meta/core-meta.ts";
import { type CoreMetaEventPorts, CoreMetaEvents } from "./meta/relayed-meta-events.ts";
import { CoreRealm } from "./relay-realm.ts";
import { CoreMoves } from "./resume/core-moves.ts";

/** One core: `realm` has its own sessions (long-poll, HTTP bridge, components), `remote` those of relays. */
export class RelayCore {
  readonly realm: CoreRealm;
  readonly remote: RemoteSessions;
  readonly publications: CorePublications;
  readonly meta: CoreMeta;
  readonly authentication: CoreAuthentication;
  readonly moves: CoreMoves;
  readonly #host: Host;
  readonly #links: RelayLinks;
  readonly #requests: RemoteRequests;
  readonly #stored: StoredPublications;
  readonly #subscriptions: OwnSubscriptions;
  readonly #nodeKeys: CoreNodeKeys;

  constructor(name: string, config: RealmConfig, host: Host, ports: CorePorts) {
    this.#host = host;
    const recovery = this.#newRecovery(ports);
    const links = this.#newLinks(ports, config, recovery);
    this.#links = links;
    const endTurn = () => this.endTurn();
    const { ids, interest, told } = ports;
    const boot = () => ports.boot;
    this.#nodeKeys = new CoreNodeKeys({
      store: ports.nodeKeys,
      subscriptions: () => this.realm.broker.subscriptions,
      send: (relay, pattern, keys) => links.queue(relay, { kind: "node keys", pattern, keys }),
    });
    this.#stored = new StoredPublications(() => this.realm.broker, {
      ...{ host, store: ports.stored },
      send: (relay, answer) => links.queue(relay, answer),
    });
    this.publications = new CorePublications(() => this.realm, {
      ...{ host, ids, interest, told, boot, links, stored: this.#stored, endTurn },
      created: (...edge) => this.realm.metaEvents.created(...edge),
      deleted: (...edge) => this.realm.metaEvents.deleted(...edge),
    });
    const announce = this.publications.announceOwn.bind(this.publications);
    this.#subscriptions = new OwnSubscriptions(() => this.realm, announce, config.limits.undecided_bytes);
    const { roles, logOuts } = ports;
    const toRelays = { queue: links.queue.bind(links), isDown: links.isDown.bind(links) };
    this.authentication = new CoreAuthentication(config, { host, ids, roles, logOuts, ...toRelays });
    const realm = this.#newRealm(name, config, ports);
    this.realm = realm;
    realm.broker.acknowledgments.addBuffer(this.#stored);
    this.authentication.open(realm);
    this.meta = this.#newMeta(ports);
    const { dealer } = realm;
    const send = (...message: Parameters<CoreMoves["send"]>): void => this.moves.send(...message);
    this.remote = new RemoteSessions(dealer, host, ports.sessions, boot, {
      send: (relay, session, message, onEnd) => {
        const { taps } = realm.monitor;
        const isTapped = taps.isRunning && taps.hides(message);
        send(relay, { kind: "send", session, message, ...(isTapped && { isTapped }) }, onEnd);
      },
      ping: (relay, onEnd) => links.queue(relay, { kind: "ping" }, onEnd),
      isFull: (relay) => links.isFull(relay),
    });
    const callMeta = this.meta.call.bind(this.meta);
    const noteUnheard = (uri: Uri, caller: Session) => realm.monitor.unheard.add("call", uri, caller);
    this.#requests = new RemoteRequests({ dealer, sessions: this.remote, callMeta, noteUnheard }, host, send);
    const handover = this.#newHandover(config);
    this.moves = new CoreMoves({
      ...{ host, ids, links, realm, boot, moved: ports.moved, handover },
      ...{ remote: this.remote, publications: this.publications, subscriptions: this.#subscriptions },
    });
    links.wake();
  }

  /** Sends what relays may have missed, once `realm` has been woken. */
  wake(): void {
    // A relay without roles has no session, and asks for them before it has one.
    this.#links.forgetUnused((relay) => this.authentication.roles.has(relay));
    this.authentication.tellAgain();
    this.moves.wake();
    this.#nodeKeys.wake();
  }

  /** Processes a batch of a relay; the answer goes back as the result of the call that carries it. Call `endTurn` then. */
  receive(relay: number, batch: Batch<ToCore>): BatchAnswer {
    return this.#links.receive(relay, batch);
  }

  /** Takes the answer of a relay. Call `endTurn` then. */
  answered(relay: number, batch: Batch<ToRelay>, answer: BatchAnswer): void {
    this.#links.answered(relay, batch, answer);
  }

  /** The platform could not carry a batch to a relay. */
  lost(relay: number, batch: Batch<ToRelay>): void {
    this.#links.lost(relay, batch);
  }

  /** See `RelayLinks.load`. */
  get load(): number {
    return this.#links.load;
  }

  /** Has `endTurn` anything to do? */
  get hasOutput(): boolean {
    return this.#links.hasOutput || this.remote.hasChanged;
  }

  /** Sends what was queued in this turn, or in several; call it after each message of the core's own sessions and in `Host.flushOutput`. */
  endTurn(): void {
    this.remote.endTurn();
    this.#links.flush();
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.realm.tick(now);
    this.#links.tick(now);
    this.meta.tick(now);
    this.authentication.tick(now);
    this.moves.own.tick(now);
    this.endTurn();
  }

  /** When `tick` has to be called next, even if the object sleeps until then; milliseconds since the epoch. */
  nextStoredDeadline(): number | undefined {
    return earliest(this.realm.nextDeadline(), this.#links.nextStoredDeadline());
  }

  /** The same for what concerns memory only: the object stays awake until then. */
  nextAwakeDeadline(): number | undefined {
    const ofAuthentication = earliest(this.authentication.nextDeadline(), this.moves.own.nextDeadline());
    const inMemory = earliest(this.meta.nextDeadline(), ofAuthentication);
    return earliest(this.#links.nextAwakeDeadline(), inMemory);
  }

  /** May the object sleep? See `Relay.isIdle`. */
  get isIdle(): boolean {
    const isAnswered = this.meta.isIdle && this.moves.size === 0 && this.authentication.logins.size === 0;
    return isAnswered && this.#links.isIdle && !this.#stored.hasUnsaved;
  }

  /** Writes what must survive the sleep. */
  flush(): void {
    this.realm.flush();
    this.remote.flush();
    this.endTurn();
  }

  #newRecovery({ down }: CorePorts): CoreRecovery {
    return new CoreRecovery(() => ({
      ...{ host: this.#host, down, told: this.publications.told, remote: this.remote, requests: this.#requests },
      queue: (relay, message, onProcessed) => {
        this.#links.queue(relay, message, (end) => {
          if (end === "processed") onProcessed();
        });
      },
    }));
  }

  #newLinks(ports: CorePorts, { limits }: RealmConfig, recovery: CoreRecovery): RelayLinks {
    const { nextStream, carry, epochs, down } = ports;
    return new RelayLinks({
      ...{ clock: this.#host, boot: () => ports.boot, nextStream, carry, epochs },
      isUnsaved: () => this.remote.isUnsaved || this.publications.isWaiting || this.moves.isUnsaved,
      process: (relay, message) => this.#process(relay, message),
      drop: (relay) => {
        recovery.drop(relay);
        this.publications.drop(relay);
        this.#stored.drop(relay);
        this.#nodeKeys.drop(relay);
        this.moves.drop(relay);
        this.remote.drop(relay);
        this.meta.drop(relay);
        this.authentication.drop(relay);
      },
      giveUp: (relay, overdue) => recovery.giveUp(relay, overdue),
      limit: linkLimit(limits),
      limitOfAll: limits.realm_outgoing_bytes,
      down: () => down.all(),
      onDown: (relay, dropped) => recovery.onDown(relay, dropped),
      onUp: (relay) => {
        recovery.onUp(relay);
        this.authentication.tellAgain(relay);
      },
    });
  }

  #newMeta(ports: CorePorts): CoreMeta {
    const { ids, relaySessions, nameOf } = ports;
    return new CoreMeta({
      ...{ host: this.#host, ids, relaySessions, nameOf },
      boot: () => ports.boot,
      queue: (...message) => this.#links.queue(...message),
      relayOf: (id) => this.moves.relayOf(id),
      hasMoved: (id) => this.moves.hasMoved(id),
      isMoving: (id) => this.moves.isMoving(id),
      realm: () => this.realm,
      remote: () => this.remote.byId,
      interest: () => this.publications.interest,
    });
  }

  #newRealm(name: string, config: RealmConfig, { ids, relays }: CorePorts): CoreRealm {
    const { publications, authentication } = this;
    const subscriptions = this.#subscriptions;
    const ports = {
      forward: publications.forward.bind(publications),
      store: publications.store.bind(publications),
      subscriptionId: ids.subscription.bind(ids),
      isKnown: subscriptions.isKnown.bind(subscriptions),
      patternElsewhere: (id: Id) => publications.interest.patternOf(id),
      onUnsubscribe: () => {},
      onNodeKeys: this.#nodeKeys.changed.bind(this.#nodeKeys),
    };
    return new CoreRealm(name, config, this.#host, {
      newBroker: (...parts) => new RelayedBroker(ports, ...parts),
      newMetaEvents: (...parts) => new CoreMetaEvents(this.#ofMetaEvents(ids), ...parts),
      newDealer: (...parts) => this.#newDealer(...parts),
      authentication: authentication.logins.shared,
      objects: Math.max(1, relays),
      resumeElsewhere: (...wanted) => this.moves.own.fetch(...wanted),
      newSessionId: () => ids.session(CORE, () => this.#host.randomId()),
      remoteSessions: () => this.remote,
      holdBack: subscriptions.holdBack.bind(subscriptions),
      callMeta: (...call) => this.meta.call(...call),
    });
  }

  #ofMetaEvents(ids: RelayIds): CoreMetaEventPorts {
    const { publications } = this;
    const { interest } = publications;
    return {
      ...{ interest, now: () => this.#host.now() },
      isWanted: (topic: Uri) => interest.relaysFor(topic, CORE).size > 0,
      forward: publications.forward.bind(publications),
      distribute: (...event: Parameters<Broker["distribute"]>) => void this.realm.broker.distribute(...event),
      subscriptionId: ({ match, uri }: Pattern) => ids.subscription(match, uri),
    };
  }

  #newDealer(...parts: ConstructorParameters<typeof Dealer>): CoreDealer {
    const [host, config, records, observer, latency] = parts;
    const onOver = (callee: Session, key: Id, isAbandoned: boolean): void => {
      if (this.remote.byId.get(callee.id) === callee) this.#requests.tellOver(callee, key, isAbandoned);
    };
    const onInvoke = (invocation: Invocation): void => this.remote.noteCallee(invocation);
    const isRecent = (callee: Session) => this.remote.unsure.has(callee);
    const pending = new CorePendingCalls(onInvoke, onOver, isRecent, host, records, latency);
    return new CoreDealer(this.#links, pending, host, config, records, this.authentication.observe(observer), latency);
  }

  #newHandover(config: RealmConfig): Handover {
    const { dealer, records, metaEvents, monitor } = this.realm;
    const ofDealer = [this.#host, config, records, metaEvents, monitor.latency, dealer.pending] as const;
    return new Handover(dealer, { sessions: this.remote, requests: this.#requests }, ...ofDealer);
  }

  #process(relay: number, message: ToCore): void {
    try {
      this.#handle(relay, message);
    } catch (error) {
      this.#host.log({ level: "error", event: "relay.failed", relay, kind: message.kind, ...thrown(error) });
    }
  }

  #handle(relay: number, message: ToCore): void {
    switch (message.kind) {
      case "call":
      case "chunk":
      case "request":
      case "register":
      case "unregister":
      case "undo":
      case "too large":
        return this.moves.isStale(relay, message) ? undefined : this.#requests.receive(relay, message);
      case "publish":
        return this.publications.passOn(relay, message);
      case "get retained":
        return this.publications.replay(relay, message);
      case "node keys":
        return this.#nodeKeys.set(relay, message.pattern, message.keys);
      case "announce":
        return this.publications.announce(relay, message.pattern, message.session);
      case "withdraw":
        return this.publications.withdraw(relay, message.pattern, message.session);
      case "leave":
        return this.moves.leave(relay, message.session);
      case "closed":
        if (message.isVoid) return;
        this.authentication.roles.forget(relay);
        return this.#links.forget(relay);
      case "open calls":
        return this.#requests.checkOpenCalls(relay, message);
      case "only":
        this.remote.keepOnly(relay, this.moves.keepOnly(relay, new Set(message.sessions)));
        if (message.patterns === undefined) return;
        this.moves.stopHolding(relay);
        // Those that are left follow.
        this.#nodeKeys.drop(relay);
        return this.publications.keepOnly(relay, message.patterns);
      case "sessions":
      case "meta answer":
      case "tapped":
        return this.meta.take(relay, message);
      case "ask":
      case "attempt ended":
      case "cookie":
      case "log out":
      case "roles wanted":
      case "roles known":
        return this.authentication.receive(relay, message);
      default:
        return this.moves.take(relay, message);
    }
  }
}
