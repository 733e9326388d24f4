/** From HELLO to WELCOME or ABORT, over as many steps as the method takes (Session Establishment). */

import { Authentication, authidOf } from "../authentication/authentication.ts";
import type { Admitted, AuthContext, AuthOutcome, AuthRefusal, AuthRequest } from "../authentication/method.ts";
import { deny, fail, refuse } from "../authentication/method.ts";
import { TRUSTED } from "../config/permission.ts";
import { resumeWish } from "../hibernation/session-resume.ts";
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

/** What the handshake asks of its realm. */
export interface HandshakeCallbacks {
  isFull(): boolean;
  newSessionId(): Id;
  /** Puts the peer into a state that ends at its deadline. */
  enterState(peer: Peer, state: PendingState): void;
  /** Opens the session, or goes on with the one it is wished to, and welcomes it. */
  open(peer: Peer, origin: SessionOrigin, wish: ResumeRequest | undefined): void;
  /** Ends the attempt with ABORT. */
  refuse(peer: Peer, refusal: AuthRefusal): void;
  /** The client gives up. */
  leave(peer: Peer): void;
}

/** What somebody without a session proves himself with. */
export interface Credentials {
  readonly authid: string | undefined;
  /** A ticket of the realm's or a token of its issuer's. */
  readonly ticket: string;
  readonly facts: TransportInfo;
}

/** Characters kept of HELLO's `agent`: more than any library's name and version, little in a session record. */
const MAX_AGENT_LENGTH = 128;
/** Characters of an `authid`: more than any name, and little to keep of somebody who has proven nothing yet. */
const MAX_AUTHID_LENGTH = 512;

/** Broker and dealer never wait; here the router may have to, and the peer's state says so before it does. */
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

  /** Whose a ticket or token is; for its method there is no difference to a HELLO and the AUTHENTICATE after it. */
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
    if (outcome.kind === "refused")
      this.#logRefusal(outcome, { authid, method: "ticket", address: facts.peer, network });
    return outcome;
  }

  async #identify({ ticket }: Credentials, applicant: Omit<AuthRequest, "method">): Promise<Admitted | AuthRefusal> {
    const { sessionId, facts, network } = applicant;
    const method = await this.authentication.choose(["ticket"], applicant);
    if (method === undefined) return deny("the realm takes no tickets, or none over this connection");
    const begun = await this.authentication.begin({ ...applicant, method });
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

  /** The client has not answered in time, or the router could not: it took too long, or has slept over it (AUTH-11, AUTH-15). */
  expire(peer: Peer): void {
    const late = refuse(WampUri.AUTHENTICATION_DENIED, "no AUTHENTICATE in time");
    const isLate = peer.state.kind === "challenged";
    this.#refuse(peer, isLate ? late : fail("the router had no decision in time"), triedBy(peer));
  }

  /** A HELLO without a client role breaks the protocol (D-15). */
  #hello(peer: Peer, [, requestedRealm, details]: Hello): void {
    const features = clientFeatures((details.roles ?? {}) as Dict);
    const fault = realmFault(requestedRealm, this.#context.realm);
    const { authid } = wishes(details);
    if (fault !== undefined) return this.#refuse(peer, fault, { authid, requested: requestedRealm });
    if (features === 0) {
      throw new ProtocolViolation("HELLO: roles must name at least one of publisher, subscriber, caller, callee");
    }
    const agent = typeof details.agent === "string" ? details.agent.slice(0, MAX_AGENT_LENGTH) : undefined;
    const wish = this.#context.config.options.resume && resumeWish(details);
    // Whoever goes on with a session takes no new place.
    if (wish?.session === undefined && this.#callbacks.isFull())
      return this.#refuse(peer, refuse(WampUri.LIMIT_EXCEEDED, "the realm is full"), { authid });
    const id = this.#callbacks.newSessionId();
    const hopeful = { ...wishes(details), sessionId: id, facts: peer.facts, network: peer.network };
    if ((authid?.length ?? 0) > MAX_AUTHID_LENGTH) {
      return this.#refuse(peer, deny("the authid is too long"), { authid });
    }
    const choice = this.authentication.choose((details.authmethods ?? ANONYMOUS) as readonly string[], hopeful);
    this.#when(peer, choice, (method) => {
      if (method === undefined) {
        return this.#refuse(peer, this.#noMatchingMethod(details), { authid, methods: details.authmethods });
      }
      this.#begin(peer, { id, features, agent, method, wish }, { ...hopeful, method });
    });
  }

  #begin(peer: Peer, attempt: Attempt, applicant: AuthRequest): void {
    const outcome = this.authentication.begin(applicant);
    this.#when(peer, outcome, (result) => this.#conclude(peer, attempt, result, applicant.authid));
  }

  #authenticate(peer: Peer, { attempt, challengeState }: ChallengedState, [, signature, extra]: Authenticate): void {
    const { id: sessionId, method } = attempt;
    const { facts, network } = peer;
    const outcome = this.authentication.finish({ sessionId, method, facts, network, challengeState, signature, extra });
    this.#when(peer, outcome, (result) => this.#conclude(peer, attempt, result, authidOf(challengeState)));
  }

  /** Goes on with a result: at once, or when there is one, if the peer is still waiting for it then. */
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

  /** A method has failed itself. */
  #fail(peer: Peer, state: PendingState, error: unknown): void {
    const { host } = this.#context;
    host.log({ level: "error", event: "login.failed", network: peer.network, ...thrown(error) });
    if (peer.state === state) this.#callbacks.refuse(peer, fail("internal error"));
  }

  #refuse(peer: Peer, refusal: AuthRefusal, applicant: Dict): void {
    this.#logRefusal(refusal, { ...applicant, address: peer.facts?.peer, network: peer.network });
    this.#callbacks.refuse(peer, refusal);
  }

  #logRefusal({ uri, message, reason = { cause: message } }: AuthRefusal, applicant: Dict): void {
    const level = uri === WampUri.AUTHENTICATION_FAILED ? "error" : "warn";
    this.#context.host.log({ level, event: "login.refused", ...reason, uri, ...applicant });
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

  #admit(peer: Peer, { id, features, agent, wish }: Attempt, admitted: Admitted): void {
    const { identity, expiresAt } = admitted;
    const fault = this.#roleFault(admitted);
    if (fault !== undefined) {
      return this.#refuse(peer, fault, {
        authid: identity.authid,
        method: identity.authmethod,
        role: identity.authrole,
      });
    }
    this.authentication.cookies?.remember(peer.facts, identity, expiresAt);
    this.#callbacks.open(peer, { id, identity, features, agent, expiresAt }, wish);
  }

  /** The router's own role is for nobody else, whatever an authenticator or a token says. */
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

/** Who is being challenged, for the log. */
function triedBy({ state }: Peer): Dict {
  return state.kind === "challenged" ? { authid: authidOf(state.challengeState), method: state.attempt.method } : {};
}

/** Why a HELLO for `requested` cannot be served by the realm `realmName`, or by none when that is undefined. */
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

/** No offer counts as this (AUTH-04). */
const ANONYMOUS = ["anonymous"];

/** What HELLO says of its sender; parse() has checked the types, and null is as good as absent. */
function wishes({ authid, authrole, authextra }: Dict): Pick<AuthRequest, "authid" | "authrole" | "authextra"> {
  return {
    authid: (authid ?? undefined) as string | undefined,
    authrole: (authrole ?? undefined) as string | undefined,
    authextra: (authextra ?? {}) as Dict,
  };
}
