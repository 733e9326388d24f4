/** Takes a peer from HELLO to WELCOME or ABORT, over the rounds that the method needs (Session Establishment). */

import { Authentication, authidOf } from "../authentication/authentication.ts";
import type {
  Admitted,
  AuthContext,
  AuthOutcome,
  AuthRefusal,
  AuthRequest,
  LoginPlan,
} from "../authentication/method.ts";
import { deny, fail, NO_AUTHID, refuse } from "../authentication/method.ts";
import { TRUSTED } from "../config/trusted.ts";
import { readResumeRequest } from "../hibernation/session-resume.ts";
import { thrown } from "../host/log-line.ts";
import { networkOf } from "../host/network.ts";
import type { TransportInfo } from "../host/transport.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { clientFeatures } from "../protocol/features.ts";
import { type Authenticate, type ClientMessage, type Hello, MessageType } from "../protocol/message.ts";
import { isValidRealm } from "../protocol/uri.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Attempt, ChallengedState, Peer, PendingState } from "../session/peer.ts";
import type { ResumeRequest } from "../session/resumable-transport.ts";
import type { SessionOrigin } from "../session/session.ts";

/** Calls of the handshake to its realm. */
export interface HandshakeCallbacks {
  /** Says whether the realm has as many sessions as it may. */
  isFull(): boolean;
  /** Returns an id that no session has. */
  newSessionId(): Id;
  /** Puts the peer into a state that ends at its deadline. */
  enterState(peer: Peer, state: PendingState): void;
  /** Opens a session, or resumes the one that the client asks for, and sends WELCOME. */
  open(peer: Peer, origin: SessionOrigin, resumeRequest: ResumeRequest | undefined): void;
  /** Ends the attempt with ABORT. */
  refuse(peer: Peer, refusal: AuthRefusal): void;
  /** Ends the attempt without a reply, because the client has sent ABORT. */
  leave(peer: Peer): void;
}

/** The credentials of a request without a WAMP session. */
export interface Credentials {
  readonly authid: string | undefined;
  /** A ticket of the realm, or a JWT. */
  readonly ticket: string;
  readonly facts: TransportInfo;
}

/** Characters kept of HELLO's `agent`: more than any library's name and version, little in a session record. */
const MAX_AGENT_LENGTH = 128;
/** Characters of an `authid`: more than any name, and little memory for a client that is not authenticated yet. */
const MAX_AUTHID_LENGTH = 512;

/**
 * A method may wait for a procedure or another server: the peer is in the state `authenticating` meanwhile, so that its
 * messages are refused and its deadline runs.
 */
export class Handshake {
  readonly authentication: Authentication;
  readonly #context: AuthContext;
  readonly #callbacks: HandshakeCallbacks;

  constructor(context: AuthContext, callbacks: HandshakeCallbacks) {
    this.authentication = new Authentication(context);
    this.#context = context;
    this.#callbacks = callbacks;
  }

  /** Takes a message of a peer that has no session yet. */
  receive(peer: Peer, message: ClientMessage): void {
    const { state } = peer;
    if (message[0] === MessageType.ABORT) return this.#callbacks.leave(peer);
    if (state.kind === "authenticating") throw new ProtocolViolation("the router has not answered yet");
    if (state.kind === "challenged") {
      if (message[0] !== MessageType.AUTHENTICATE) throw new ProtocolViolation("the challenge must be answered first");
      return this.#authenticate(peer, state, message);
    }
    if (message[0] !== MessageType.HELLO) throw new ProtocolViolation("the first message must be HELLO");
    this.#hello(peer, message);
  }

  /** Authenticates a ticket or JWT without a WAMP session; the method runs as for HELLO and AUTHENTICATE. */
  async identify(credentials: Credentials, sessionId: Id): Promise<Admitted | AuthRefusal> {
    const { authid, facts } = credentials;
    const network = facts.peer === undefined ? undefined : networkOf(facts.peer);
    const outcome = await this.#identify(credentials, {
      sessionId,
      authid,
      authrole: undefined,
      authextra: {},
      facts,
      network,
    });
    if (outcome.kind === "refused") this.#logRefusal(outcome, { facts, network }, { authid, method: "ticket" });
    return outcome;
  }

  async #identify({ ticket }: Credentials, request: Omit<AuthRequest, "method">): Promise<Admitted | AuthRefusal> {
    const { sessionId, facts, network } = request;
    const method = await this.authentication.choose(["ticket"], request);
    if (method === undefined) return deny("the realm takes no tickets, or none over this connection");
    const begun = await this.authentication.begin({ ...request, method });
    if (begun.kind === "refused") return begun;
    const answer = {
      sessionId,
      method,
      facts,
      network,
      challengeState: begun.kind === "challenged" ? begun.challengeState : {},
      extra: {},
    };
    const outcome = await this.authentication.finish({ ...answer, signature: ticket });
    if (outcome.kind !== "admitted") return outcome.kind === "refused" ? outcome : fail("a ticket alone does not do");
    return this.#roleFault(outcome) ?? outcome;
  }

  /**
   * Refuses a peer whose client or whose authenticator did not answer in time, or that the router slept over (AUTH-11,
   * AUTH-15).
   */
  expire(peer: Peer): void {
    const late = refuse(WampUri.AUTHENTICATION_DENIED, "no AUTHENTICATE in time");
    const isLate = peer.state.kind === "challenged";
    this.#refuse(peer, isLate ? late : fail("the router had no decision in time"), triedBy(peer));
  }

  /** A HELLO without a client role is a protocol violation. */
  #hello(peer: Peer, [, requestedRealm, details]: Hello): void {
    const features = clientFeatures((details.roles ?? {}) as Dict);
    const fault = realmFault(requestedRealm, this.#context.realm);
    const { authid } = identityFields(details);
    if (fault !== undefined) return this.#refuse(peer, fault, { authid, requested: requestedRealm });
    if (features === 0) {
      throw new ProtocolViolation("HELLO: roles must name at least one of publisher, subscriber, caller, callee");
    }
    const agent = typeof details.agent === "string" ? agentOf(details.agent) : undefined;
    const resumeRequest = this.#context.config.options.resume && readResumeRequest(details);
    const refusal = this.#refusalOf(authid, resumeRequest);
    if (refusal?.uri === WampUri.LIMIT_EXCEEDED) this.#context.monitor.counters.limits.sessions++;
    if (refusal !== undefined) return this.#refuse(peer, refusal, { authid });
    const id = this.#callbacks.newSessionId();
    const request = { ...identityFields(details), sessionId: id, facts: peer.facts, network: peer.network };
    const offered = offerOf(details);
    const begin = (method: string | undefined): void => {
      if (method === undefined) {
        return this.#refuse(peer, this.#noMatchingMethod(details), { authid, methods: details.authmethods });
      }
      this.#begin(peer, { id, features, agent, method, resumeRequest }, { ...request, method });
    };
    const prepared = this.#context.prepare?.(offered, peer.facts);
    if (prepared === undefined) return this.#when(peer, this.authentication.choose(offered, request), begin);
    this.#when(peer, prepared, () => this.#when(peer, this.authentication.choose(offered, request), begin));
  }

  #refusalOf(authid: string | undefined, resumeRequest: ResumeRequest | undefined): AuthRefusal | undefined {
    // A resumed session takes no new place.
    if (resumeRequest?.session === undefined && this.#callbacks.isFull())
      return refuse(WampUri.LIMIT_EXCEEDED, "the realm is full");
    return (authid?.length ?? 0) > MAX_AUTHID_LENGTH ? deny("the authid is too long") : undefined;
  }

  /**
   * What the router decides on a HELLO with these details before it asks for credentials. Nothing is sent, counted or
   * logged, and no authenticator is called.
   */
  plan(details: Dict, facts: TransportInfo): LoginPlan {
    const network = facts.peer === undefined ? undefined : networkOf(facts.peer);
    const request = { ...identityFields(details), sessionId: 0, facts, network };
    const offered = offerOf(details);
    const candidates = this.authentication.candidates(offered, request);
    const isLockedOut = (method: string) => this.authentication.isLockedOut(method, request.authid, network) === true;
    let refusal = this.#refusalOf(request.authid, undefined);
    if (candidates.length === 0) refusal ??= this.#noMatchingMethod(details);
    // Whichever is chosen refuses at once.
    if (candidates.every(({ method, fit }) => fit === "unnamed" || isLockedOut(method))) refusal ??= deny(NO_AUTHID);
    const methods = Array.from(this.authentication.methods, (method) => {
      const fit = this.authentication.fitOf({ ...request, method });
      return { method, offered: offered.includes(method), fit, locked_out: isLockedOut(method) };
    });
    return { refusal, candidates: candidates.map(({ method }) => method), methods };
  }

  #begin(peer: Peer, attempt: Attempt, request: AuthRequest): void {
    const outcome = this.authentication.begin(request);
    this.#when(peer, outcome, (result) => this.#conclude(peer, attempt, result, request.authid));
  }

  #authenticate(peer: Peer, { attempt, challengeState }: ChallengedState, [, signature, extra]: Authenticate): void {
    const { id: sessionId, method } = attempt;
    const { facts, network } = peer;
    const outcome = this.authentication.finish({ sessionId, method, facts, network, challengeState, signature, extra });
    this.#when(peer, outcome, (result) => this.#conclude(peer, attempt, result, authidOf(challengeState)));
  }

  /** Calls `next` with a result: at once, or when the promise resolves, if the peer still waits for it. */
  #when<T>(peer: Peer, result: T | Promise<T>, next: (result: T) => void): void {
    if (!(result instanceof Promise)) return next(result);
    const state = { kind: "authenticating", deadline: this.#deadline() } as const;
    this.#callbacks.enterState(peer, state);
    void this.#later(peer, state, result, next);
  }

  async #later<T>(peer: Peer, state: PendingState, result: Promise<T>, next: (result: T) => void): Promise<void> {
    try {
      const value = await result;
      if (peer.state !== state) return;
      next(value);
    } catch (error) {
      this.#fail(peer, state, error);
    }
    this.#context.host.flushOutput();
  }

  /** Refuses a peer whose method has thrown. */
  #fail(peer: Peer, state: PendingState, error: unknown): void {
    const { host } = this.#context;
    host.log({ level: "error", event: "login.failed", network: peer.network, ...thrown(error) });
    if (peer.state === state) this.#callbacks.refuse(peer, fail("internal error"));
  }

  #refuse(peer: Peer, refusal: AuthRefusal, request: Dict): void {
    this.#logRefusal(refusal, peer, request);
    this.#callbacks.refuse(peer, refusal);
  }

  #logRefusal({ uri, message, reason = { cause: message } }: AuthRefusal, from: Partial<Peer>, request: Dict): void {
    const { host, monitor } = this.#context;
    monitor.counters.countLogin(request.method as string | undefined, "refused");
    monitor.connections.failed("refused", from, request, uri, reason.cause);
    const level = uri === WampUri.AUTHENTICATION_FAILED ? "error" : "warn";
    const client = { address: from.facts?.peer, network: from.network };
    host.log({ level, event: "login.refused", ...reason, uri, ...request, ...client });
  }

  #conclude(peer: Peer, attempt: Attempt, outcome: AuthOutcome, authid: string | undefined): void {
    const { method } = attempt;
    if (outcome.kind === "refused") return this.#refuse(peer, outcome, { authid, method });
    if (outcome.kind === "admitted") return this.#admit(peer, attempt, outcome);
    this.#callbacks.enterState(peer, {
      kind: "challenged",
      deadline: this.#deadline(),
      attempt,
      challengeState: outcome.challengeState,
    });
    peer.transport.send([MessageType.CHALLENGE, outcome.method ?? attempt.method, outcome.extra]);
  }

  #admit(peer: Peer, { id, features, agent, method, resumeRequest }: Attempt, admitted: Admitted): void {
    const { identity, expiresAt } = admitted;
    const fault = this.#roleFault(admitted);
    if (fault !== undefined) {
      return this.#refuse(peer, fault, {
        authid: identity.authid,
        method: identity.authmethod,
        role: identity.authrole,
      });
    }
    this.#context.monitor.counters.countLogin(method, "admitted");
    this.authentication.cookies?.remember(peer.facts, identity, expiresAt);
    this.#callbacks.open(peer, { id, identity, features, agent, expiresAt }, resumeRequest);
  }

  /** Refuses a role that is not configured, and the router's own role, which no authenticator or token may assign. */
  #roleFault({ identity: { authrole } }: Admitted): AuthRefusal | undefined {
    if (authrole !== TRUSTED && this.#context.authorization.hasRole(authrole)) return undefined;
    return refuse(WampUri.NO_SUCH_ROLE, "the role assigned to this session does not exist");
  }

  #noMatchingMethod({ authmethods = null }: Dict): AuthRefusal {
    return authmethods === null && this.authentication.hasMethods
      ? refuse(WampUri.AUTHENTICATION_REQUIRED, "this realm admits authenticated sessions only")
      : refuse(WampUri.NO_MATCHING_AUTH_METHOD, "none of the offered authentication methods is accepted");
  }

  #deadline(): number {
    const { host, config } = this.#context;
    return host.now() + config.limits.hello_timeout;
  }
}

/** The copy of a long text is without the rest, which a slice of the text would keep in memory. */
function agentOf(agent: string): string {
  return agent.length <= MAX_AGENT_LENGTH ? agent : JSON.parse(JSON.stringify(agent.slice(0, MAX_AGENT_LENGTH)));
}

/** Returns authid and method of a challenged peer, for log lines and entries. */
export function triedBy({ state }: Pick<Peer, "state">): Dict {
  return state.kind === "challenged" ? { authid: authidOf(state.challengeState), method: state.attempt.method } : {};
}

/**
 * Returns the refusal of a HELLO for a realm other than `realmName`; `realmName` is undefined where no realm exists.
 */
export function realmFault(requested: string, realmName: string | undefined): AuthRefusal | undefined {
  if (requested !== "" && !isValidRealm(requested)) {
    return refuse(WampUri.INVALID_URI, "the realm name is not a valid URI");
  }
  if (requested === realmName) return undefined;
  const isElsewhere = requested !== "" && realmName !== undefined;
  return refuse(
    WampUri.NO_SUCH_REALM,
    isElsewhere ? "this connection leads to another realm" : "the realm does not exist",
  );
}

function offerOf({ authmethods }: Dict): readonly string[] {
  return (authmethods ?? ANONYMOUS) as readonly string[];
}

/** The offer of a HELLO without `authmethods` (AUTH-04). */
const ANONYMOUS = ["anonymous"];

/** Reads who the client claims to be from HELLO.Details; parse() has checked the types, and null counts as absent. */
function identityFields({ authid, authrole, authextra }: Dict): Pick<AuthRequest, "authid" | "authrole" | "authextra"> {
  return {
    authid: (authid ?? undefined) as string | undefined,
    authrole: (authrole ?? undefined) as string | undefined,
    authextra: (authextra ?? {}) as Dict,
  };
}
