/** Tracks peers that have no session, and closes those that miss a deadline. */

import type { Admitted, AuthContext, AuthRefusal, LoginPlan } from "../authentication/method.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { TransportInfo } from "../host/transport.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { WampUri } from "../protocol/errors.ts";
import type { ClientMessage } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer, PendingState } from "../session/peer.ts";
import type { ResumeRequest } from "../session/resumable-transport.ts";
import type { Session, SessionOrigin } from "../session/session.ts";
import { type Credentials, Handshake } from "./handshake.ts";

/** Calls of the lifecycle to the sessions of its realm. */
export interface PeerCallbacks {
  readonly byId: ReadonlyMap<Id, Session>;
  /** Returns an id that no session has. */
  newSessionId(): Id;
  /** Opens a session, or resumes the one that the client asks for, and sends WELCOME. */
  open(peer: Peer, origin: SessionOrigin, resumeRequest: ResumeRequest | undefined): void;
  /** Ends the session of a peer with GOODBYE. */
  dismiss(peer: Peer, reason: Uri, message?: string): void;
  /** Sends ABORT, then closes as `close` does. */
  abort(peer: Peer, uri: Uri, message: string, code: number, details?: Dict): void;
  /** Ends the session of a peer, if any, and closes its transport with a close code. */
  close(peer: Peer, code: number, reason: string): void;
}

/** Keeps the deadline of each peer, and runs the handshake of those without a session. */
export class PeerLifecycle {
  readonly #callbacks: PeerCallbacks;
  readonly #context: AuthContext;
  readonly #handshake: Handshake;
  /** Deadlines of the states of peers, and of the sessions that expire. */
  readonly #overdue = new Deadlines<Peer>();
  /** Peers without a session. */
  readonly #waiting = new Set<Peer>();

  constructor(callbacks: PeerCallbacks, context: AuthContext) {
    this.#callbacks = callbacks;
    this.#context = context;
    this.#handshake = new Handshake(context, {
      isFull: () => callbacks.byId.size >= context.config.limits.sessions,
      newSessionId: () => callbacks.newSessionId(),
      enterState: (peer, state) => this.#enterState(peer, state),
      open: (peer, origin, resumeRequest) => callbacks.open(peer, origin, resumeRequest),
      refuse: (peer, { uri, message, details }) => {
        const code = uri === WampUri.LIMIT_EXCEEDED ? CloseCode.OVERLOADED : CloseCode.NORMAL;
        callbacks.abort(peer, uri, message, code, details);
      },
      leave: (peer) => callbacks.close(peer, CloseCode.NORMAL, "aborted by the client"),
    });
  }

  /** Peers without a session. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Says whether authentication uses transport information. */
  get usesFacts(): boolean {
    return this.#handshake.authentication.usesFacts;
  }

  /** Authenticates a ticket or JWT for a request without a WAMP session. */
  identify(credentials: Credentials): Promise<Admitted | AuthRefusal> {
    return this.#handshake.identify(credentials, this.#callbacks.newSessionId());
  }

  /** See `Handshake.plan`. */
  planLogin(details: Dict, facts: TransportInfo): LoginPlan {
    return this.#handshake.plan(details, facts);
  }

  /** Takes a message of a peer without a session. */
  receive(peer: Peer, message: ClientMessage): void {
    this.#handshake.receive(peer, message);
  }

  /** Waits for HELLO: the first one of a connection, or another one after GOODBYE. */
  expectHello(peer: Peer, hadSession: boolean): void {
    const { host, config } = this.#context;
    this.#enterState(peer, { kind: "connected", deadline: host.now() + config.limits.hello_timeout, hadSession });
  }

  /** The login waits for another object; it fails at its deadline. Returns the state of the peer meanwhile. */
  expectDecision(peer: Peer): PendingState {
    const { host, config } = this.#context;
    const state = { kind: "authenticating", deadline: host.now() + config.limits.hello_timeout } as const;
    this.#enterState(peer, state);
    return state;
  }

  /** Waits for the client's GOODBYE, after the router has sent its own. */
  expectGoodbye(peer: Peer): void {
    const { host, config } = this.#context;
    this.#enterState(peer, { kind: "closing", deadline: host.now() + config.limits.goodbye_timeout });
  }

  /** The peer has a session now, which ends at `endsAt` (milliseconds since the epoch) if that is given. */
  leave(peer: Peer, endsAt: number | undefined): void {
    this.forget(peer);
    if (endsAt !== undefined) this.#endAt(peer, endsAt);
  }

  /** Removes the peer and its deadline. */
  forget(peer: Peer): void {
    this.#overdue.delete(peer);
    this.#waiting.delete(peer);
  }

  /** Forgets the identity behind a peer's tracking cookie, and ends the sessions with this cookie among `peers`. */
  logOut({ facts }: Peer, peers: Iterable<Peer>): void {
    const cookie = facts?.http_cbtid;
    if (cookie === undefined) return;
    this.#handshake.authentication.cookies?.logOut(cookie);
    this.endLogins(cookie, peers);
  }

  /** Ends the sessions with a tracking cookie among `peers`. */
  endLogins(cookie: string, peers: Iterable<Peer>): void {
    const others = [...peers].filter((peer) => peer.facts?.http_cbtid === cookie);
    for (const other of others) this.#callbacks.dismiss(other, WampUri.LOGOUT);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const peer of this.#overdue.takeExpired(now)) this.#expire(peer);
  }

  /** Returns the next deadline, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#overdue.next();
  }

  /** Restores the state of a peer; an authentication that was in progress has failed. */
  wake(peer: Peer, stored: PendingState): void {
    const { host, config } = this.#context;
    const { hello_timeout, goodbye_timeout } = config.limits;
    const longest = host.now() + (stored.kind === "closing" ? goodbye_timeout : hello_timeout);
    // A deadline further away was set before the clock was set back, and its alarm is too late as well.
    const isTooLate = stored.deadline > longest;
    const state = isTooLate ? { ...stored, deadline: longest } : stored;
    peer.state = state;
    this.#waiting.add(peer);
    this.#overdue.set(peer, state.deadline);
    if (isTooLate) host.setAlarm(longest);
    if (state.kind === "authenticating") this.#handshake.expire(peer);
  }

  /** Restores the deadline of a peer with a session. */
  wakeSession(peer: Peer, endsAt: number | undefined): void {
    if (endsAt !== undefined) this.#overdue.set(peer, endsAt);
  }

  #enterState(peer: Peer, state: PendingState): void {
    peer.state = state;
    this.#waiting.add(peer);
    this.#endAt(peer, state.deadline);
  }

  #endAt(peer: Peer, deadline: number): void {
    this.#overdue.set(peer, deadline);
    this.#context.host.setAlarm(deadline);
    peer.transport.save();
  }

  /** Ends a peer's state, or its session, at the deadline. */
  #expire(peer: Peer): void {
    const { state } = peer;
    if (state.kind === "open") return this.#callbacks.dismiss(peer, WampUri.KILLED, "the credentials have expired");
    if (state.kind === "authenticating" || state.kind === "challenged") return this.#handshake.expire(peer);
    const isLate = state.kind === "connected" && !state.hadSession;
    this.#callbacks.close(
      peer,
      isLate ? CloseCode.POLICY : CloseCode.NORMAL,
      isLate ? "no HELLO in time" : "no session",
    );
  }
}
