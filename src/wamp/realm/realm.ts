/** Routes every message of a realm's sessions to the broker, the dealer or the meta API. */

import type { Admitted, AuthRefusal } from "../authentication/method.ts";
import { AccessControl } from "../authorization/access-control.ts";
import { matchOf } from "../authorization/authorizer-request.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import { Broker } from "../broker/broker.ts";
import { Subscriptions } from "../broker/subscriptions.ts";
import type { Limits } from "../config/limits.ts";
import type { RealmConfig } from "../config/realm.ts";
import { TRUSTED } from "../config/trusted.ts";
import { Dealer } from "../dealer/dealer.ts";
import { InternalCaller } from "../dealer/internal-caller.ts";
import { type PeerRecord, peerRecord } from "../hibernation/peer-record.ts";
import { type Sleeper, Waking } from "../hibernation/wake.ts";
import type { Host } from "../host/host.ts";
import { isManagementProcedure } from "../meta/management-procedures.ts";
import { callMeta } from "../meta/meta-api.ts";
import type { MetaContext } from "../meta/meta-context.ts";
import { MetaEvents } from "../meta/meta-events.ts";
import { Monitor } from "../monitoring/monitor.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { type Call, type ClientMessage, MessageType, type Publish, type Register } from "../protocol/message.ts";
import { parse } from "../protocol/parse.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Id } from "../protocol/values.ts";
import { ClientChecks } from "../session/client-checks.ts";
import type { Peer } from "../session/peer.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { Testaments } from "../session/testaments.ts";
import { ErrorReplies } from "./error-replies.ts";
import type { Credentials } from "./handshake.ts";
import type { RealmParts } from "./realm-parts.ts";
import { Sessions } from "./sessions.ts";

/** One realm: its sessions, broker, dealer and access control. */
export class Realm implements MetaContext {
  readonly name: string;
  /** The bounds of the realm's configuration. */
  readonly limits: Limits;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly metaEvents: MetaEvents;
  readonly testaments: Testaments;
  readonly access: AccessControl;
  readonly sessions: Sessions;
  /** The table of `sessions`. */
  readonly sessionById: ReadonlyMap<Id, Session>;
  readonly records: RecordBudget;
  readonly monitor: Monitor;
  readonly checks: ClientChecks;
  /** Says whether the router answers `wamp.` procedures here and publishes meta events (`enable_meta_api`). */
  readonly hasMetaApi: boolean;
  readonly #config: RealmConfig;
  readonly #host: Host;
  /** Restores sessions. */
  readonly waking: Waking;
  readonly #errors: ErrorReplies;

  constructor(name: string, config: RealmConfig, host: Host, parts: RealmParts = {}) {
    this.name = name;
    this.#config = config;
    this.#host = host;
    this.limits = config.limits;
    this.hasMetaApi = config.options.enable_meta_api;
    this.checks = new ClientChecks(config.options);
    this.records = new RecordBudget(config.limits);
    this.monitor = new Monitor(host);
    const subscriptions = new Subscriptions(this.records);
    const ofMetaEvents = [subscriptions, host, this.hasMetaApi] as const;
    this.metaEvents = parts.newMetaEvents?.(...ofMetaEvents) ?? new MetaEvents(...ofMetaEvents);
    const ofBroker = [host, config, this.records, subscriptions, this.metaEvents] as const;
    this.broker = parts.newBroker?.(...ofBroker) ?? new Broker(...ofBroker);
    const ofDealer = [host, config, this.records, this.metaEvents, this.monitor.latency] as const;
    this.dealer = parts.newDealer?.(...ofDealer) ?? new Dealer(...ofDealer);
    this.access = this.#newAccess(parts);
    this.testaments = new Testaments(host, config.limits, (owner, message) => {
      this.broker.publish(owner, message, this.access.permitTestament(owner, message[3]));
    });
    const { broker, dealer, metaEvents, access, testaments, records, monitor } = this;
    const newSessionId = parts.newSessionId ?? (() => host.randomId());
    const newCaller = (authrole: string): ProcedureCaller => {
      return parts.newCaller?.(authrole) ?? new InternalCaller(dealer, access.authorization, host, authrole);
    };
    const ofSessions = {
      resumeElsewhere: parts.resumeElsewhere,
      authentication: parts.authentication,
      newCaller,
      broker,
      dealer,
      metaEvents,
      access,
      testaments,
      records,
      monitor,
      newSessionId,
    };
    this.sessions = new Sessions({ name, config, host, ...ofSessions });
    this.sessionById = this.sessions.byId;
    this.#errors = new ErrorReplies({ host, sessions: this.sessions, dealer, monitor });
    this.waking = new Waking(this, host, this.sessions.lifecycle, this.sessions.resume, parts.remoteSessions);
  }

  /** Says whether too many transports without a session are open to accept another one. */
  get isCrowded(): boolean {
    return this.sessions.lifecycle.size >= this.limits.handshakes;
  }

  /** Authenticates a ticket or JWT for a request without a WAMP session (HTTP bridge). */
  identify(credentials: Credentials): Promise<Admitted | AuthRefusal> {
    return this.sessions.lifecycle.identify(credentials);
  }

  /** Takes one decoded message of a peer; a fault in it affects this peer only. */
  receive(peer: Peer, elements: readonly unknown[]): void {
    if (peer.state.kind === "closed") return;
    if (this.access.authorizer?.holdBack(peer, elements)) return;
    // After the router's GOODBYE it ignores all messages but the client's GOODBYE (SES-18).
    if (peer.state.kind === "closing") return this.#closing(peer, elements);
    try {
      const message = parse(elements);
      if (peer.state.kind === "open") {
        const { session } = peer.state;
        const { authorizer, rates } = this.access;
        if (!authorizer?.isResumed(peer, elements)) {
          this.monitor.counters.countReceived(message[0]);
          session.messagesReceived++;
          // Before the authorizer is asked: otherwise each message beyond the rate costs it an invocation.
          rates?.take(session, message);
        }
        if (authorizer?.holdIfUndecided(peer, session, message, elements)) return;
        this.#route(peer, session, message);
      } else {
        this.monitor.counters.countReceived(message[0]);
        this.sessions.lifecycle.receive(peer, message);
      }
    } catch (error) {
      this.#errors.send(peer, elements, error);
    }
  }

  /**
   * Ends a peer's session because its message is too large. `front` holds the first elements, as `Serializer.peek`
   * reads them: if the message answers a call, the caller gets an ERROR.
   */
  abortTooLarge(peer: Peer, front: readonly number[]): void {
    if (peer.state.kind === "open") this.dealer.failTooLarge(peer.state.session, front);
    this.monitor.counters.limits.message_bytes++;
    this.sessions.abort(peer, WampUri.PAYLOAD_SIZE_EXCEEDED, "the message is too large", CloseCode.TOO_BIG);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.sessions.lifecycle.tick(now);
    this.dealer.tick(now);
    this.monitor.taps.tick(now);
    const next = this.nextDeadline();
    if (next !== undefined) this.#host.setAlarm(next);
  }

  /** Returns the time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    const overdue = this.sessions.lifecycle.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const timeout = this.dealer.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const next = Math.min(overdue, timeout, this.monitor.taps.nextDeadline());
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** Stores parked sessions and events. */
  flush(): void {
    // Parked sessions first: where storage is nearly full, their messages take precedence over retained events.
    this.sessions.resume?.flush();
    this.store();
  }

  /** Stores the events that wait, and sends their publishers PUBLISHED. */
  store(): void {
    this.broker.acknowledgments.store();
  }

  /**
   * Restores sessions and tables from the records of the peers that are still connected. `joinLocalSessions` opens the
   * local sessions; it is called after the sessions of clients are restored and before their calls are.
   */
  wake(sleepers: Iterable<Sleeper>, joinLocalSessions?: () => void): Peer[] {
    return this.waking.wake(sleepers, joinLocalSessions);
  }

  /** Restores one more peer, whose connection was lost in the realm's sleep. */
  wakeLate(sleeper: Sleeper): Peer {
    return this.waking.wakeLate(sleeper);
  }

  /** Returns the record of a connected peer, for `wake`. */
  record(peer: Peer): PeerRecord {
    return peerRecord(peer, this);
  }

  /** Hands a message of an established session to the part of the realm that handles it. */
  #route(peer: Peer, session: Session, message: ClientMessage): void {
    this.checks.checkRole(session, message[0]);
    switch (message[0]) {
      case MessageType.PUBLISH:
        this.checks.checkSequence(session, message[1]);
        return this.#publish(session, message);
      case MessageType.CALL:
        return this.#call(session, message);
      case MessageType.YIELD:
        return this.dealer.yield(session, message);
      case MessageType.ERROR:
        return this.dealer.error(session, message);
      case MessageType.CANCEL:
        return this.dealer.cancel(session, message);
      case MessageType.SUBSCRIBE:
        this.checks.checkSequence(session, message[1]);
        this.access.permit(session, "subscribe", message[3], matchOf(message[2]));
        return this.broker.subscribe(session, message);
      case MessageType.UNSUBSCRIBE:
        this.checks.checkSequence(session, message[1]);
        return this.broker.unsubscribe(session, message);
      case MessageType.REGISTER:
        this.checks.checkSequence(session, message[1]);
        return this.#register(session, message);
      case MessageType.UNREGISTER:
        this.checks.checkSequence(session, message[1]);
        return this.dealer.unregister(session, message);
      case MessageType.GOODBYE:
        return this.sessions.goodbye(peer, session, message[2]);
      case MessageType.ABORT:
        return this.sessions.close(peer, CloseCode.NORMAL, "aborted by the client");
      case MessageType.HELLO:
      case MessageType.AUTHENTICATE:
        throw new ProtocolViolation("the session is already established");
      default:
        message satisfies never;
    }
  }

  #publish(session: Session, message: Publish): void {
    const events = this.broker.publish(session, message, this.access.permit(session, "publish", message[3], "exact"));
    if (events === 0) this.#noteUnheard(session, message);
    this.access.rates?.charge(session, events);
  }

  /** An event that is kept finds its receivers later. */
  #noteUnheard(session: Session, [, , { retain }, topic]: Publish): void {
    if (retain !== true && !this.broker.acknowledgments.isStored(topic)) {
      this.monitor.unheard.add("publish", topic, session);
    }
  }

  #register(session: Session, message: Register): void {
    const permission = this.access.permit(session, "register", message[3], matchOf(message[2]));
    this.dealer.register(session, message, permission);
  }

  #call(session: Session, message: Call): void {
    // The later chunks of a call's input were authorized with the first (PINV-14).
    if (this.dealer.continue(session, message)) return;
    this.checks.checkSequence(session, message[1]);
    const permission = this.access.permit(session, "call", message[3], "exact");
    if (isReservedUri(message[3])) this.callMeta(session, message, permission);
    else this.dealer.call(session, message, permission);
  }

  /** Answers a CALL of the router's procedures; `permission` is the caller's. Throws what the call is refused with. */
  protected callMeta(session: Session, message: Call, _permission: Permission): void {
    callMeta(this, session, message);
  }

  #closing(peer: Peer, [type]: readonly unknown[]): void {
    if (type === MessageType.GOODBYE) this.sessions.close(peer, CloseCode.NORMAL, "goodbye");
  }

  #newAccess({ newCaller, newCallees, objects }: RealmParts): AccessControl {
    return new AccessControl(this.name, this.#config, this.#host, {
      objects,
      records: this.records,
      dealer: newCallees?.(this.dealer) ?? this.dealer,
      subscriptions: this.broker,
      newCaller: (authorization) => newCaller?.(TRUSTED) ?? new InternalCaller(this.dealer, authorization, this.#host),
      isManagementProcedure: (uri) => this.hasMetaApi && isManagementProcedure(uri),
      receive: (peer, elements) => this.receive(peer, elements),
      overflow: (peer) => {
        this.monitor.counters.limits.undecided_bytes++;
        this.sessions.abort(peer, WampUri.LIMIT_EXCEEDED, "too much waits for an authorizer", CloseCode.POLICY);
      },
    });
  }
}
