/** A realm: its sessions, and the one place every message passes. */

import type { Admitted, Refusal } from "../authentication/method.ts";
import { Access } from "../authorization/access-control.ts";
import { matchOf } from "../authorization/authorizer-request.ts";
import type { Action, Permission } from "../authorization/rules.ts";
import { Broker } from "../broker/broker.ts";
import { Subscriptions } from "../broker/subscriptions.ts";
import type { RealmConfig } from "../config/realm.ts";
import { Dealer } from "../dealer/dealer.ts";
import { type PeerRecord, peerRecord } from "../hibernation/peer-record.ts";
import { offer, Resumption } from "../hibernation/session-resume.ts";
import { type Sleeper, Waking } from "../hibernation/wake.ts";
import type { Host, Transport, TransportInfo } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { networkOf } from "../host/network.ts";
import { callMeta } from "../meta/meta-api.ts";
import { MetaEvents } from "../meta/meta-events.ts";
import { joined, left } from "../meta/session-procedures.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { ROUTER_AGENT, routerRoles } from "../protocol/features.ts";
import type {
  Call,
  ClientMessage,
  Dict,
  Id,
  Publish,
  Register,
  MessageType as Type,
  Uri,
} from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import { parse } from "../protocol/parse.ts";
import type { Match } from "../protocol/uri.ts";
import { isReservedUri, isValidUri } from "../protocol/uri.ts";
import { Conduct } from "../session/client-checks.ts";
import { NO_DETAILS } from "../session/disclosure.ts";
import type { Peer } from "../session/peer.ts";
import { RecordBudget } from "../session/record-budget.ts";
import type { ResumeRequest } from "../session/resumable-transport.ts";
import type { SessionOrigin } from "../session/session.ts";
import { Session } from "../session/session.ts";
import { Testaments } from "../session/testaments.ts";
import type { Credentials } from "./handshake.ts";
import { Lobby } from "./peer-lifecycle.ts";

export class Realm {
  readonly name: string;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly metaEvents: MetaEvents;
  readonly testaments: Testaments;
  readonly access: Access;
  /** session id → session */
  readonly sessions = new Map<Id, Session>();
  /** Does the router answer `wamp.` procedures here, and publish meta events? */
  readonly hasMetaApi: boolean;
  readonly #config: RealmConfig;
  readonly #host: Host;
  /** WELCOME.Details.roles */
  readonly #roles: Dict;
  /** session → the peer whose it is */
  readonly #peers = new Map<Session, Peer>();
  readonly #lobby: Lobby;
  readonly #resumption: Resumption | undefined;
  readonly #waking: Waking;
  readonly #conduct: Conduct;
  readonly records: RecordBudget;

  constructor(name: string, config: RealmConfig, host: Host) {
    this.name = name;
    this.#config = config;
    this.#host = host;
    this.hasMetaApi = config.options.enable_meta_api;
    this.#conduct = new Conduct(config.options);
    this.#roles = routerRoles(this.hasMetaApi, config.store["event-history"].length > 0);
    this.records = new RecordBudget(config.limits);
    const subscriptions = new Subscriptions(this.records);
    this.metaEvents = new MetaEvents(subscriptions, host, this.hasMetaApi);
    this.broker = new Broker(host, config, this.records, subscriptions, this.metaEvents);
    this.dealer = new Dealer(host, config, this.records, this.metaEvents);
    this.access = this.#newAccess();
    this.testaments = new Testaments(host, config.limits, (owner, message) => {
      this.broker.publish(owner, message, this.access.permitTestament(owner, message[3]));
    });
    const { authorization } = this.access;
    this.#lobby = new Lobby(this, { realm: name, config, host, dealer: this.dealer, authorization });
    const { resume } = config.options;
    this.#resumption = resume && new Resumption(resume, host, this, this.records);
    this.#waking = new Waking(this, host, this.#lobby, this.#resumption);
  }

  /** A transport has opened; its client has to say HELLO. */
  connect(transport: Transport, facts?: TransportInfo): Peer {
    const areAskedFor = this.#lobby.usesFacts || this.access.authorizer !== undefined;
    const keptFacts = areAskedFor ? facts : undefined;
    const network = facts?.peer === undefined ? undefined : networkOf(facts.peer);
    const peer: Peer = { transport, facts: keptFacts, network, state: { kind: "closed" } };
    this.#lobby.expectHello(peer, false);
    return peer;
  }

  /** Are there too many transports without a session for another one? */
  get isCrowded(): boolean {
    return this.#lobby.size >= this.#config.limits.handshakes;
  }

  /** Whose a ticket or token is, for those who come without HELLO (Ticket-based Authentication). */
  identify(credentials: Credentials): Promise<Admitted | Refusal> {
    return this.#lobby.identify(credentials);
  }

  /** Takes one decoded message from a peer; whatever is wrong with it concerns that peer only. */
  receive(peer: Peer, elements: readonly unknown[]): void {
    if (peer.state.kind === "closed") return;
    if (this.access.authorizer?.keepsBack(peer, elements)) return;
    // After the router's GOODBYE only the client's counts (SES-18).
    if (peer.state.kind === "closing") return this.#closing(peer, elements);
    try {
      const message = parse(elements);
      if (peer.state.kind === "open") {
        const { session } = peer.state;
        const { authorizer, rates } = this.access;
        // Before the authorizer is asked: otherwise each message beyond the rate costs it an invocation.
        if (rates !== undefined && !authorizer?.hasAsked(peer, elements)) rates.take(session, message);
        if (authorizer?.asks(peer, session, message, elements)) return;
        this.#route(peer, session, message);
      } else this.#lobby.receive(peer, message);
    } catch (error) {
      this.#refuse(peer, elements, error);
    }
  }

  /**
   * Ends a peer's session because a message of it is too large; `front` is what `Serializer.peek` tells of the message. The
   * caller that waits for it as the answer of its call hears why.
   */
  abortTooLarge(peer: Peer, front: readonly number[]): void {
    if (peer.state.kind === "open") this.dealer.loseAnswer(peer.state.session, front);
    this.abort(peer, WampUri.PAYLOAD_SIZE_EXCEEDED, "the message is too large", CloseCode.TOO_BIG);
  }

  /** Ends a peer's session, if any, with ABORT, and its transport with it (Session Closing). */
  abort(peer: Peer, uri: Uri, message: string, code: number = CloseCode.PROTOCOL_ERROR, details?: Dict): void {
    if (peer.state.kind === "closed") return;
    // After the router's GOODBYE there is nothing left to abort.
    if (peer.state.kind !== "closing") peer.transport.send([MessageType.ABORT, { message, ...details }, uri]);
    this.close(peer, code, uri);
  }

  /**
   * Ends a session with GOODBYE; it is detached at once, whether or not the client answers (SES-17). `isQuiet` when no
   * session hears of it because all are ended (Session Meta API: wamp.session.kill_all).
   */
  dismiss(peer: Peer, reason: Uri, message?: string, isQuiet = false): void {
    if (peer.state.kind !== "open") return;
    // Nobody is there to be told.
    if (peer.transport === peer.state.session.lifeline) return this.end(peer, isQuiet);
    this.broker.acknowledgments.complete(peer.state.session);
    peer.transport.send([MessageType.GOODBYE, message === undefined ? NO_DETAILS : { message }, reason]);
    this.#leave(peer.state.session, isQuiet);
    this.#lobby.expectGoodbye(peer);
  }

  /** `dismiss` for a session; one that has left already stays as it is. */
  kill(session: Session, reason: Uri, message?: string, isQuiet = false): void {
    const peer = this.#peers.get(session);
    if (peer !== undefined) this.dismiss(peer, reason, message, isQuiet);
  }

  /** Could the realm's clients call or publish to `uri`, as far as its form goes? */
  isUri(uri: string): boolean {
    return isValidUri(uri, this.#config.options.uri_check);
  }

  /** The transport is gone; a session that can be resumed waits for its client. */
  disconnect(peer: Peer): void {
    const session = peer.state.kind === "open" ? peer.state.session : undefined;
    if (session?.lifeline === undefined) return this.end(peer);
    this.#resumption?.park(peer, session, session.lifeline);
    this.testaments.detach(session);
  }

  /** The transport is gone or given up, and the session ends with it. `isQuiet` as in `dismiss`. */
  end(peer: Peer, isQuiet = false): void {
    this.#lobby.forget(peer);
    const { state } = peer;
    peer.state = { kind: "closed" };
    // Nobody has seen a visitor come.
    if (state.kind === "open") this.#leave(state.session, isQuiet || !this.sessions.has(state.session.id));
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.#lobby.tick(now);
    this.dealer.tick(now);
    const next = this.nextDeadline();
    if (next !== undefined) this.#host.setAlarm(next);
  }

  /** When `tick` has something to do next, if ever; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    const overdue = this.#lobby.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const timeout = this.dealer.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const next = Math.min(overdue, timeout);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** Writes what waits to be stored. */
  flush(): void {
    // First, because storage may be full: what is sent to parked sessions is kept rather than what is retained.
    this.#resumption?.flush();
    this.store();
  }

  /** Writes the events that wait to be stored, and sends PUBLISHED to those that wait for that. */
  store(): void {
    this.broker.acknowledgments.store();
  }

  /**
   * Rebuilds sessions and tables from the records of the peers that are still connected; `moveIn` is called when the
   * sessions are there and before their calls are, and adds the residents.
   */
  wake(sleepers: Iterable<Sleeper>, moveIn?: () => void): Peer[] {
    return this.#waking.wake(sleepers, moveIn);
  }

  /** As `wake` for one more, whose connection was lost in sleep together with the one that woke the realm. */
  wakeLate(sleeper: Sleeper): Peer {
    return this.#waking.wakeLate(sleeper);
  }

  /** What outlives the object's sleep of a peer that is connected, for `wake`. */
  record(peer: Peer): PeerRecord {
    return peerRecord(peer, this);
  }

  /** Where every message of an established session goes. */
  #route(peer: Peer, session: Session, message: ClientMessage): void {
    this.#conduct.checkRole(session, message[0]);
    switch (message[0]) {
      case MessageType.PUBLISH:
        this.#conduct.checkSequence(session, message[1]);
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
        this.#conduct.checkSequence(session, message[1]);
        this.permit(session, "subscribe", message[3], matchOf(message[2]));
        return this.broker.subscribe(session, message);
      case MessageType.UNSUBSCRIBE:
        this.#conduct.checkSequence(session, message[1]);
        return this.broker.unsubscribe(session, message);
      case MessageType.REGISTER:
        this.#conduct.checkSequence(session, message[1]);
        return this.#register(session, message);
      case MessageType.UNREGISTER:
        this.#conduct.checkSequence(session, message[1]);
        return this.dealer.unregister(session, message);
      case MessageType.GOODBYE:
        return this.#goodbye(peer, session, message[2]);
      case MessageType.ABORT:
        return this.close(peer, CloseCode.NORMAL, "aborted by the client");
      case MessageType.HELLO:
      case MessageType.AUTHENTICATE:
        throw new ProtocolViolation("the session is already established");
      default:
        message satisfies never;
    }
  }

  #publish(session: Session, message: Publish): void {
    const events = this.broker.publish(session, message, this.permit(session, "publish", message[3], "exact"));
    this.access.rates?.charge(session, events);
  }

  #register(session: Session, message: Register): void {
    const permission = this.permit(session, "register", message[3], matchOf(message[2]));
    this.dealer.register(session, message, permission);
  }

  #call(session: Session, message: Call): void {
    // The later chunks of a call's input were authorized with the first (PINV-14).
    if (this.dealer.continue(session, message)) return;
    this.#conduct.checkSequence(session, message[1]);
    const permission = this.permit(session, "call", message[3], "exact");
    if (isReservedUri(message[3])) callMeta(this, session, message);
    else this.dealer.call(session, message, permission);
  }

  /** Opens a session for a peer that has shown who it is, unless the realm is full, or goes on with the one it wishes. */
  open(peer: Peer, origin: SessionOrigin, wish: ResumeRequest | undefined): void {
    const former = wish?.session === undefined ? undefined : this.sessions.get(wish.session);
    // What the client asked for before has its answer before the first new request has (docs/session-resume.md).
    if (former !== undefined) this.broker.acknowledgments.complete(former);
    if (wish !== undefined && this.#resumption?.resume(peer, origin, wish)) return;
    // Others may have come while this one showed who it is.
    if (this.sessions.size >= this.#config.limits.sessions) {
      return this.abort(peer, WampUri.LIMIT_EXCEEDED, "the realm is full", CloseCode.OVERLOADED);
    }
    const lifeline = wish && this.#resumption?.lifeline(peer.transport);
    const session = new Session(lifeline ?? peer.transport, origin);
    this.attach(peer, session);
    this.#lobby.leave(peer, session.expiresAt);
    peer.transport.save();
    this.welcome(peer, session, lifeline && { resumed: false, ...offer(lifeline) });
    joined(this.metaEvents, session);
  }

  welcome(peer: Peer, session: Session, details?: Dict): void {
    const told = { realm: this.name, ...session.identity, roles: this.#roles, agent: ROUTER_AGENT, ...details };
    peer.transport.send([MessageType.WELCOME, session.id, told]);
  }

  /** The peer whose session it is. */
  peerOf(session: Session): Peer | undefined {
    return this.#peers.get(session);
  }

  /** The session goes on with another peer, until `endsAt` if that is given. */
  move(session: Session, from: Peer, to: Peer, endsAt: number | undefined): void {
    if (from !== to) {
      this.#lobby.forget(from);
      this.access.authorizer?.leave(from);
      from.state = { kind: "closed" };
      this.attach(to, session);
    }
    this.#lobby.leave(to, endsAt);
  }

  #closing(peer: Peer, [type]: readonly unknown[]): void {
    if (type === MessageType.GOODBYE) this.close(peer, CloseCode.NORMAL, "goodbye");
  }

  /** The transport stays open for another HELLO (WS-15). */
  #goodbye(peer: Peer, session: Session, reason: Uri): void {
    this.broker.acknowledgments.complete(session);
    peer.transport.send([MessageType.GOODBYE, NO_DETAILS, WampUri.GOODBYE_AND_OUT]);
    this.#lobby.expectHello(peer, true);
    this.#leave(session);
    if (reason === WampUri.LOGOUT) this.#lobby.logOut(peer, this.#peers.values());
  }

  /** The permission of a session for an action; throws what the message that asks for it is refused with. */
  permit(session: Session, action: Action, uri: Uri, match: Match): Permission {
    return this.access.permit(session, action, uri, match);
  }

  #newAccess(): Access {
    const access = new Access(this.#config, this.#host, () => ({
      realm: this.name,
      host: this.#host,
      limits: this.#config.limits,
      records: this.records,
      dealer: this.dealer,
      subscriptions: this.broker.subscriptions,
      receive: (peer, elements) => this.receive(peer, elements),
      overflow: (peer) => {
        this.abort(peer, WampUri.LIMIT_EXCEEDED, "too much waits for an authorizer", CloseCode.POLICY);
      },
    }));
    access.rolesChanged();
    return access;
  }

  /** The only place where a fault becomes ERROR or ABORT; an unacknowledged PUBLISH gets neither (PUB-04). */
  #refuse(peer: Peer, elements: readonly unknown[], error: unknown): void {
    if (error instanceof ProtocolViolation) return this.abort(peer, error.uri, error.message, error.code);
    if (!(error instanceof WampError)) {
      this.#host.log({
        level: "error",
        event: "message.failed",
        ...senderOf(peer),
        type: elements[0],
        ...thrown(error),
      });
      return this.abort(peer, WampUri.INTERNAL_ERROR, "internal error", CloseCode.INTERNAL_ERROR);
    }
    // Only requests are refused, and parse() has seen their ids and options.
    const [type, request, options] = elements as readonly [Type, Id, Dict];
    if (type === MessageType.PUBLISH && options.acknowledge !== true) return;
    // More chunks of a refused call may be on their way.
    if (type === MessageType.CALL && options.progress === true && peer.state.kind === "open") {
      this.dealer.endInput(peer.state.session, request);
    }
    const { transport } = peer.state.kind === "open" ? peer.state.session : peer;
    transport.send([MessageType.ERROR, type, request, NO_DETAILS, error.uri, error.payload]);
  }

  /** The session is there, and it is this peer's. */
  attach(peer: Peer, session: Session): void {
    peer.state = { kind: "open", session };
    const { identity, agent, addedDetails } = session;
    if (!this.sessions.has(session.id)) this.records.open(session, identity, agent, addedDetails, peer.facts);
    this.sessions.set(session.id, session);
    this.#peers.set(session, peer);
  }

  /** Releases what the session holds; nothing is sent to it any more. */
  #leave(session: Session, isQuiet = false): void {
    const wasAttached = this.sessions.delete(session.id);
    const peer = this.#peers.get(session);
    if (peer !== undefined) this.access.authorizer?.leave(peer);
    this.#peers.delete(session);
    session.transport.save();
    this.#resumption?.left(session);
    this.dealer.leave(session);
    this.broker.leave(session);
    if (wasAttached) this.records.close(session);
    if (isQuiet) this.testaments.forget(session.id);
    else this.testaments.execute(session);
    if (!isQuiet) left(this.metaEvents, session);
  }

  /** Closes a transport, and ends the session on it without a word. */
  close(peer: Peer, code: number, reason: string): void {
    this.end(peer);
    peer.transport.save();
    peer.transport.close(code, reason);
  }

  /** An id no session has. */
  newSessionId(): Id {
    for (;;) {
      const id = this.#host.randomId();
      if (!this.sessions.has(id)) return id;
    }
  }
}

/** Whose message it is, for the log. */
function senderOf({ state, network }: Peer): Dict {
  if (state.kind !== "open") return { network };
  const { id, identity } = state.session;
  return { session: id, authid: identity.authid, network };
}
