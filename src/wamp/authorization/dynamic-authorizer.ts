/**
 * Dynamic authorization: a procedure of the realm decides on actions that the rules of a role leave open. Meanwhile the
 * later messages of the same session are held; those of other sessions are not (ORD-05).
 */

import type { Limits } from "../config/limits.ts";
import type { Role } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import type { Action } from "../protocol/action.ts";
import type { ClientMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { CallOutcome } from "../session/pending-requests.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { AuthorizerRequest, AuthorizerResult, SubscriptionLookup } from "./authorizer-request.ts";
import { isAbout, parseResponse, requestsOf } from "./authorizer-request.ts";
import type { CalleeLookup } from "./callee-lookup.ts";
import { DEFAULT_CACHE_SECONDS, DecisionCache } from "./decision-cache.ts";
import type { RawMessage } from "./held-messages.ts";
import { HeldMessages } from "./held-messages.ts";
import type { Authorization, Permission } from "./permission-rules.ts";
import { UNDECIDED } from "./permission-rules.ts";

/** The parts of a realm that an authorizer uses. */
export interface AuthorizerContext {
  readonly realm: Uri;
  readonly host: Host;
  readonly limits: Limits;
  readonly records: RecordBudget;
  readonly dealer: CalleeLookup;
  readonly authorization: Authorization;
  readonly subscriptions: SubscriptionLookup;
  /** Calls the authorizers; its own calls need no authorizer. */
  readonly caller: ProcedureCaller;
  /** `Realm.receive`. */
  receive(peer: Peer, raw: RawMessage): void;
  /** Is the URI well-formed for the action, and not reserved for the router? */
  isValidFor(action: Action, uri: Uri, match: Match): boolean;
  /** Ends a session whose held messages exceed `limits.undecided_bytes`. */
  overflow(peer: Peer): void;
}

const DENIED: Permission = { allow: false, disclose: undefined };

/**
 * Calls the authorizers of a realm. All state is in memory and needs no storage: a request takes `authorizer_timeout`
 * at most, and the platform waits longer before it lets an object sleep.
 */
export class Authorizer {
  readonly #context: AuthorizerContext;
  readonly #cache: DecisionCache;
  readonly #held = new Map<Peer, HeldMessages>();
  /** The decisions on the message that is being routed, and the session that sent it. */
  #current: { readonly session: Session; readonly results: readonly AuthorizerResult[] } | undefined;

  constructor(context: AuthorizerContext) {
    this.#context = context;
    this.#cache = new DecisionCache(context.host);
  }

  /**
   * Holds a message if an earlier one of the peer waits for a decision; returns whether it did. `receive` gets the
   * message again later.
   */
  holdBack(peer: Peer, raw: RawMessage): boolean {
    const held = this.#held.get(peer);
    if (held?.awaited === undefined || this.#isUrgent(held.session, raw)) return false;
    if (!held.add(raw)) this.#context.overflow(peer);
    return true;
  }

  /** Is this a held message, which `receive` gets again after a decision? */
  isResumed(peer: Peer, raw: RawMessage): boolean {
    return this.#held.get(peer)?.first === raw;
  }

  /**
   * Calls the authorizer if a message needs its decision, holds the message meanwhile, and returns true. After false,
   * `findDecision` returns the decisions on the message until the next call.
   */
  holdIfUndecided(peer: Peer, session: Session, message: ClientMessage, raw: RawMessage): boolean {
    const held = this.#held.get(peer);
    const results = held?.first === raw ? held.results : [];
    this.#current = { session, results };
    const { authorization, subscriptions, dealer } = this.#context;
    const role = authorization.role(session.identity.authrole);
    if (role?.authorizer === undefined) return false;
    for (const request of requestsOf(session, message, subscriptions, dealer)) {
      const { action, uri, match } = request;
      if (!this.#isUndecided(session, request) || results.some((it) => isAbout(it, action, uri, match))) continue;
      const permission = this.decideWithoutCall(session, role.authorizer, request);
      if (permission !== undefined) results.push({ request, permission });
      else return this.#hold(peer, session, raw, results, role, request);
    }
    return false;
  }

  /** Finds the decision on an action of the message that is being routed; undefined if the authorizer has made none. */
  findDecision(session: Session, action: Action, uri: Uri, match: Match): Permission | undefined {
    if (this.#current?.session !== session) return undefined;
    return this.#current.results.find((it) => isAbout(it, action, uri, match))?.permission;
  }

  /** The decisions on the message of a session that is being routed; undefined if the authorizer has made none. */
  decisionsOf(session: Session): readonly AuthorizerResult[] | undefined {
    return this.#current?.session === session && this.#current.results.length > 0 ? this.#current.results : undefined;
  }

  /** Takes the decisions that another object has on the message of a session, which is routed next. */
  adopt(session: Session, results: readonly AuthorizerResult[]): void {
    this.#current = { session, results };
  }

  /** The session has ended: drops its undecided message; the later ones belong to the peer's next session (AZ-13). */
  leave(peer: Peer): void {
    const held = this.#held.get(peer);
    if (held?.awaited === undefined) return;
    const end = {};
    held.awaited = end;
    queueMicrotask(() => {
      if (held.awaited === end) this.#resume(peer, held, held.shift());
    });
  }

  /** The decision of `authorizer` on a request that the rules leave to it, where no call is necessary. */
  decideWithoutCall(session: Session, authorizer: Uri, request: AuthorizerRequest): Permission | undefined {
    const callees = this.#context.dealer.registrations.best(authorizer)?.callees ?? [];
    // An authorizer would be asked about the messages it sends in order to answer; its rights come from rules (AZ-12).
    if (callees.some((callee) => callee.session === session)) return DENIED;
    return this.#cache.get(session, request, authorizer, callees.at(-1));
  }

  /** The callees of an authorizer have become known, which are at another object. */
  meet(authorizer: Uri): void {
    const callee = this.#context.dealer.registrations.best(authorizer)?.callees.at(-1);
    if (callee !== undefined) this.#cache.meet(authorizer, callee);
  }

  /** Drops the cached decisions. */
  forget(): void {
    this.#cache.clear();
  }

  /** ABORT ends a session at once. If an authorizer's YIELD were held, two authorizers could wait for each other. */
  #isUrgent(session: Session, [type, request]: RawMessage): boolean {
    if (type === MessageType.ABORT) return true;
    if (type !== MessageType.YIELD) return false;
    const procedure = this.#context.dealer.invocationsOf(session).get(request as Id)?.procedure;
    return procedure !== undefined && this.#isAuthorizer(procedure);
  }

  #isAuthorizer(procedure: Uri): boolean {
    for (const { authorizer } of this.#context.authorization.roles()) if (authorizer === procedure) return true;
    return false;
  }

  /** Do the rules leave the action to the authorizer? */
  #isUndecided({ identity }: Session, { action, uri, match }: AuthorizerRequest): boolean {
    if (!this.#context.isValidFor(action, uri, match)) return false;
    return this.#context.authorization.authorize(identity.authrole, action, uri, match) === UNDECIDED;
  }

  #hold(
    peer: Peer,
    session: Session,
    raw: RawMessage,
    results: AuthorizerResult[],
    role: Role,
    request: AuthorizerRequest,
  ): boolean {
    const { limits, records } = this.#context;
    const held = this.#held.get(peer) ?? new HeldMessages(session, raw, results, limits.undecided_bytes, records);
    held.session = session;
    held.first = raw;
    held.results = results;
    held.awaited = request;
    this.#held.set(peer, held);
    void this.#ask(peer, held, role, request);
    return true;
  }

  async #ask(peer: Peer, held: HeldMessages, role: Role, request: AuthorizerRequest): Promise<void> {
    const { realm, limits, caller } = this.#context;
    const { session } = held;
    const { action, uri, options } = request;
    const { generation } = this.#cache;
    const args = [sessionDetails(realm, session, peer), uri, action, options];
    const outcome = await caller.call(role.authorizer!, args, limits.authorizer_timeout);
    const response = outcome.ok ? parseResponse(outcome.args[0]) : undefined;
    if (response === undefined) this.#logFault(session, role.authorizer!, request, outcome);
    else if (response.isCacheable && generation === this.#cache.generation) {
      this.#cache.put(session, request, response.permission, role["authorizer-cache"] ?? DEFAULT_CACHE_SECONDS);
    }
    if (held.awaited !== request) return;
    held.results.push({ request, permission: response?.permission });
    this.#resume(peer, held, held.first);
  }

  #logFault(
    { id, identity: { authid, authrole } }: Session,
    procedure: Uri,
    { action, uri }: AuthorizerRequest,
    outcome: CallOutcome,
  ): void {
    const cause = outcome.ok ? "the authorizer's response is invalid" : outcome.uri;
    const line = { procedure, session: id, authid, authrole, action, uri };
    this.#context.host.log({ level: "error", event: "authorizer.failed", cause, ...line });
  }

  /** Routes the held messages, up to the next one that needs a decision. */
  #resume(peer: Peer, held: HeldMessages, from: RawMessage | undefined): void {
    held.awaited = undefined;
    for (let next = from; next !== undefined; next = held.shift()) {
      this.#context.receive(peer, next);
      if (held.awaited !== undefined) break;
    }
    if (held.awaited === undefined) {
      this.#held.delete(peer);
      held.end();
    }
    this.#context.host.flushOutput();
  }
}

/** The session as an authorizer gets it, with the keys of Crossbar.io. */
function sessionDetails(realm: Uri, { id, identity }: Session, { facts }: Peer): Dict {
  const { authid, authrole, authmethod, authprovider, authextra = {} } = identity;
  return { realm, session: id, authid, authrole, authmethod, authprovider, authextra, transport: facts ?? {} };
}
