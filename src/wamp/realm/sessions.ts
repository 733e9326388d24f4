/** The sessions of a realm, from WELCOME until they end (Session Establishment, Session Closing). */

import type { LoginPlan, SharedAuthentication } from "../authentication/method.ts";
import type { AccessControl } from "../authorization/access-control.ts";
import type { Broker } from "../broker/broker.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Dealer } from "../dealer/dealer.ts";
import { type ParkedText, resumeDetails, SessionResume } from "../hibernation/session-resume.ts";
import type { Host } from "../host/host.ts";
import { networkOf } from "../host/network.ts";
import type { Transport, TransportInfo } from "../host/transport.ts";
import type { MetaEvents } from "../meta/meta-events.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { WampUri } from "../protocol/errors.ts";
import { clientFeatures, ROUTER_AGENT, routerRoles } from "../protocol/features.ts";
import { MessageType, NO_DETAILS } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { ResumeRequest } from "../session/resumable-transport.ts";
import type { Identity, SessionOrigin } from "../session/session.ts";
import { Session } from "../session/session.ts";
import type { Testaments } from "../session/testaments.ts";
import { triedBy } from "./handshake.ts";
import { PeerLifecycle } from "./peer-lifecycle.ts";
import { recordEnd } from "./session-end.ts";

/** The parts of a realm that its sessions use. */
export interface SessionParts {
  readonly name: string;
  readonly config: RealmConfig;
  readonly host: Host;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly metaEvents: MetaEvents;
  readonly access: AccessControl;
  readonly testaments: Testaments;
  readonly records: RecordBudget;
  readonly monitor: Monitor;
  /**
   * Fetches a session that is not here, for the client that asks for it, and calls `done` when the session is here,
   * parked, or not to be had. Undefined where the realm has one object.
   */
  readonly resumeElsewhere:
    | ((session: Id, origin: SessionOrigin, request: ResumeRequest, done: () => void) => void)
    | undefined;
  /** What logins share with other objects. */
  readonly authentication: SharedAuthentication | undefined;
  /** Makes the caller of authenticators, with the permissions of a role. */
  newCaller(authrole: string): ProcedureCaller;
  /** Returns an id for a new session; called again where a session has it. */
  newSessionId(): Id;
}

/** What a session takes along to another object. */
export interface Released {
  readonly texts: readonly ParkedText[];
  readonly testaments: string | undefined;
}

/** The table of sessions: opens, moves and ends them. */
export class Sessions {
  /** session id → session */
  readonly byId = new Map<Id, Session>();
  /** Peers that have no session, and the deadlines of all peers. */
  readonly lifecycle: PeerLifecycle;
  /** Undefined where the configuration has no `resume`. */
  readonly resume: SessionResume | undefined;
  readonly #realm: SessionParts;
  /** session → its peer */
  readonly #peers = new Map<Session, Peer>();
  /** WELCOME.Details.roles */
  readonly #roles: Dict;

  constructor(realm: SessionParts) {
    const { name, config, host, access, records, monitor } = realm;
    const { resume, enable_meta_api } = config.options;
    this.#realm = realm;
    this.#roles = routerRoles(enable_meta_api, config.store["event-history"].length > 0);
    this.lifecycle = new PeerLifecycle(this, {
      realm: name,
      config,
      host,
      monitor,
      authorization: access.authorization,
      newCaller: realm.newCaller,
      ...realm.authentication,
    });
    this.resume = resume && new SessionResume(resume, host, this, realm, records);
  }

  /** Connections without a session. */
  get handshakes(): number {
    return this.lifecycle.size;
  }

  /** Sessions that wait for their clients to resume them. */
  get parked(): number {
    return this.resume?.size ?? 0;
  }

  /**
   * Takes an opened transport, whose client has to send HELLO, and its address, if it is known. `readFacts` is called
   * only if the realm uses transport information.
   */
  connect(transport: Transport, address?: string, readFacts?: () => TransportInfo): Peer {
    const network = address === undefined ? undefined : networkOf(address);
    const areNeeded = this.lifecycle.usesFacts || this.#realm.access.authorizer !== undefined;
    const facts = areNeeded ? readFacts?.() : undefined;
    const peer: Peer = { transport, facts, network, state: { kind: "closed" } };
    this.lifecycle.expectHello(peer, false);
    return peer;
  }

  /**
   * Opens a session without a handshake, because the router vouches for the transport's client. The realm may be full:
   * then the client gets ABORT. `roles` as in HELLO.Details.
   */
  connectAs(transport: Transport, identity: Identity, roles: Dict): Peer {
    const peer = this.connect(transport);
    this.open(peer, { id: this.newSessionId(), identity, features: clientFeatures(roles) }, undefined);
    return peer;
  }

  /**
   * Opens the session of an authenticated peer unless the realm is full, or resumes the one that the client asks for.
   */
  open(peer: Peer, origin: SessionOrigin, resumeRequest: ResumeRequest | undefined): void {
    const { resumeElsewhere, config } = this.#realm;
    const wanted = resumeRequest?.session;
    // A session that comes here takes a place.
    const isFull = this.byId.size >= config.limits.sessions;
    if (resumeElsewhere === undefined || wanted === undefined || isFull || this.byId.has(wanted)) {
      return this.#open(peer, origin, resumeRequest);
    }
    const state = this.lifecycle.expectDecision(peer);
    resumeElsewhere(wanted, origin, resumeRequest!, () => {
      if (peer.state === state) this.#open(peer, origin, resumeRequest);
    });
  }

  #open(peer: Peer, origin: SessionOrigin, resumeRequest: ResumeRequest | undefined): void {
    const former = resumeRequest?.session === undefined ? undefined : this.byId.get(resumeRequest.session);
    // The client gets the answers to its earlier requests before that to its first new one (docs/session-resume.md).
    if (former !== undefined) this.#realm.broker.acknowledgments.complete(former);
    const { connections, counters } = this.#realm.monitor;
    if (resumeRequest !== undefined && this.resume?.resume(peer, origin, resumeRequest)) {
      return connections.joined(former!, peer, "resumed");
    }
    // Other sessions may have been opened during the handshake.
    if (this.byId.size >= this.#realm.config.limits.sessions) {
      counters.limits.sessions++;
      connections.failed(
        "refused",
        peer,
        origin.identity as unknown as Dict,
        WampUri.LIMIT_EXCEEDED,
        "the realm is full",
      );
      return this.abort(peer, WampUri.LIMIT_EXCEEDED, "the realm is full", CloseCode.OVERLOADED);
    }
    const resumable = resumeRequest && this.resume?.newTransport(peer.transport);
    const session = new Session(resumable ?? peer.transport, origin);
    this.attach(peer, session);
    connections.joined(session, peer, "joined");
    this.lifecycle.leave(peer, session.expiresAt);
    peer.transport.save();
    this.welcome(peer, session, resumable && { resumed: false, ...resumeDetails(resumable) });
    this.#realm.metaEvents.publishOnJoin(session);
  }

  /** Sends WELCOME, with `details` beside those of each session. */
  welcome(peer: Peer, session: Session, details?: Dict): void {
    const { authid, authrole, authmethod, authprovider, authextra } = session.identity;
    const identity = { authid, authrole, authmethod, authprovider, ...(authextra !== undefined && { authextra }) };
    const all = { realm: this.#realm.name, ...identity, roles: this.#roles, agent: ROUTER_AGENT, ...details };
    peer.transport.send([MessageType.WELCOME, session.id, all]);
  }

  /** See `Handshake.plan`. */
  planLogin(details: Dict, facts: TransportInfo): LoginPlan {
    return this.lifecycle.planLogin(details, facts);
  }

  /** Enters a session into the table, as the session of `peer`. */
  attach(peer: Peer, session: Session): void {
    peer.state = { kind: "open", session };
    const { identity, agent, addedDetails } = session;
    if (!this.byId.has(session.id)) this.#realm.records.addSession(session, identity, agent, addedDetails, peer.facts);
    this.byId.set(session.id, session);
    this.#peers.set(session, peer);
  }

  /** Returns the peer of a session, if the session is in the table. */
  peerOf(session: Session): Peer | undefined {
    return this.#peers.get(session);
  }

  /** Lets a session go on with another peer, until `endsAt` (milliseconds since the epoch) if that is given. */
  move(session: Session, from: Peer, to: Peer, endsAt: number | undefined): void {
    if (from !== to) {
      this.lifecycle.forget(from);
      this.#realm.access.authorizer?.leave(from);
      from.state = { kind: "closed" };
      this.attach(to, session);
    }
    this.lifecycle.leave(to, endsAt);
  }

  /** Answers GOODBYE; the transport stays open for another HELLO (WS-15). */
  goodbye(peer: Peer, session: Session, reason: Uri): void {
    this.#realm.broker.acknowledgments.complete(session);
    peer.transport.send([MessageType.GOODBYE, NO_DETAILS, WampUri.GOODBYE_AND_OUT]);
    this.lifecycle.expectHello(peer, true);
    this.#leave(session, reason);
    if (reason === WampUri.LOGOUT) this.lifecycle.logOut(peer, this.#peers.values());
  }

  /** Ends the sessions whose transports have a tracking cookie: their user has logged out at another object. */
  endLogins(cookie: string): void {
    this.lifecycle.endLogins(cookie, this.#peers.values());
  }

  /**
   * Ends a session with GOODBYE and detaches it at once, whether or not the client answers (SES-17). `isQuiet`: no
   * session gets the meta event, because all sessions end (Session Meta API: wamp.session.kill_all).
   */
  dismiss(peer: Peer, reason: Uri, message?: string, isQuiet = false): void {
    if (peer.state.kind !== "open") return;
    // A parked session has no connection that GOODBYE could go to.
    if (peer.transport === peer.state.session.resumable) return this.end(peer, isQuiet, reason);
    this.#realm.broker.acknowledgments.complete(peer.state.session);
    peer.transport.send([MessageType.GOODBYE, message === undefined ? NO_DETAILS : { message }, reason]);
    this.#leave(peer.state.session, reason, isQuiet);
    this.lifecycle.expectGoodbye(peer);
  }

  /** Ends a session as `dismiss` does, unless it has left already. */
  kill(session: Session, reason: Uri, message?: string, isQuiet = false): void {
    const peer = this.#peers.get(session);
    if (peer !== undefined) this.dismiss(peer, reason, message, isQuiet);
  }

  /** Ends the session of a peer, if any, with ABORT, and its transport with it (Session Closing). */
  abort(peer: Peer, uri: Uri, message: string, code: number = CloseCode.PROTOCOL_ERROR, details?: Dict): void {
    const { state } = peer;
    if (state.kind === "closed") return;
    if (state.kind !== "open" && state.kind !== "closing") {
      this.#realm.monitor.connections.failed("refused", peer, triedBy(peer), uri, message);
    }
    // After the router's GOODBYE the client has no session that an ABORT could end.
    if (state.kind !== "closing") peer.transport.send([MessageType.ABORT, { message, ...details }, uri]);
    this.close(peer, code, uri);
  }

  /** Closes a transport with a close code and reason, and ends its session without GOODBYE. */
  close(peer: Peer, code: number, reason: string): void {
    this.end(peer, false, reason);
    peer.transport.save();
    peer.transport.close(code, reason);
  }

  /**
   * Takes the end of a transport, with the reason, if the client has given one; a session that can be resumed is parked
   * until its client comes back.
   */
  disconnect(peer: Peer, reason?: string): void {
    const session = peer.state.kind === "open" ? peer.state.session : undefined;
    if (session?.resumable === undefined) return this.end(peer, false, reason);
    this.resume?.park(peer, session, session.resumable);
    this.#realm.dealer.settle(session);
    this.#realm.testaments.detach(session);
  }

  /** Ends the session of a peer whose transport is gone or given up. `isQuiet` as in `dismiss`. */
  end(peer: Peer, isQuiet = false, reason = "the connection was lost"): void {
    this.lifecycle.forget(peer);
    const { state } = peer;
    peer.state = { kind: "closed" };
    // A session that is not in the table was never announced.
    if (state.kind === "open") return this.#leave(state.session, reason, isQuiet || !this.byId.has(state.session.id));
    const hadSession = state.kind === "connected" && state.hadSession;
    if (state.kind === "closed" || state.kind === "closing" || hadSession) return;
    this.#realm.monitor.connections.failed("abandoned", peer, triedBy({ state }), reason);
  }

  /** Parks the session that a client at another object asks for, if it may resume it (`SessionResume.parkFor`). */
  parkFor(origin: Pick<SessionOrigin, "identity" | "features">, request: ResumeRequest): Session | undefined {
    const session = this.resume?.parkFor(origin, request);
    if (session === undefined) return undefined;
    this.#realm.broker.acknowledgments.complete(session);
    this.#realm.dealer.settle(session);
    return session;
  }

  /**
   * Lets a parked session leave for another object: it has not ended, so that no other session hears of it. Returns its
   * texts and testaments; undefined if it cannot be resumed any more. `prepare` is called before its record is read, and
   * `releaseCalls`, after which the dealer must not tell other objects of its end, after that.
   */
  release(session: Session, prepare: () => void, releaseCalls: () => void): Released | undefined {
    const { broker, dealer, metaEvents, records, testaments } = this.#realm;
    const peer = this.#peers.get(session);
    const texts = this.resume?.release(session, prepare);
    if (peer === undefined || texts === undefined) return undefined;
    releaseCalls();
    dealer.leave(session);
    this.lifecycle.forget(peer);
    peer.state = { kind: "closed" };
    this.byId.delete(session.id);
    this.#peers.delete(session);
    recordEnd(this.#realm, session, peer, "the session goes on at another object");
    metaEvents.silently(() => broker.leave(session));
    records.removeSession(session);
    return { texts, testaments: testaments.release(session.id) };
  }

  /** Returns an id that no session has. */
  newSessionId(): Id {
    for (;;) {
      const id = this.#realm.newSessionId();
      if (!this.byId.has(id)) return id;
    }
  }

  /** Releases what the session holds; from now on it is sent nothing. */
  #leave(session: Session, reason: string, isQuiet = false): void {
    const { access, broker, dealer, metaEvents, records, testaments } = this.#realm;
    const wasAttached = this.byId.delete(session.id);
    const peer = this.#peers.get(session);
    if (peer !== undefined) access.authorizer?.leave(peer);
    this.#peers.delete(session);
    if (wasAttached) recordEnd(this.#realm, session, peer, reason);
    session.transport.save();
    this.resume?.leave(session);
    dealer.leave(session);
    broker.leave(session);
    if (wasAttached) records.removeSession(session);
    if (isQuiet) testaments.forget(session.id);
    else testaments.execute(session);
    if (!isQuiet) metaEvents.publishOnLeave(session);
  }
}
