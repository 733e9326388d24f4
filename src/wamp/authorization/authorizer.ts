/**
 * Dynamic authorization: a procedure of the realm decides what the rules of a role leave open. While it does, the later
 * messages of the same session wait behind the one in question, and nobody else's do (ORD-05, D-16).
 */

import type { Subscriptions } from "../broker/subscriptions.ts";
import type { Limits } from "../config/limits.ts";
import type { Role } from "../config/realm.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { CallOutcome } from "../dealer/internal-caller.ts";
import { InternalCaller } from "../dealer/internal-caller.ts";
import type { Action } from "../host/audit-record.ts";
import type { Host } from "../host/host.ts";
import type { ClientMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { Question, Verdict } from "./authorizer-request.ts";
import { decisionFrom, isAbout, questionsOf } from "./authorizer-request.ts";
import { DEFAULT_CACHE_SECONDS, DecisionCache } from "./decision-cache.ts";
import type { Elements } from "./held-messages.ts";
import { PendingMessages } from "./held-messages.ts";
import type { Authorization, Permission } from "./rules.ts";
import { UNDECIDED } from "./rules.ts";

/** What the authorizer needs of its realm. */
export interface Court {
  readonly realm: Uri;
  readonly host: Host;
  readonly limits: Limits;
  readonly records: RecordBudget;
  readonly dealer: Dealer;
  readonly authorization: Authorization;
  readonly subscriptions: Subscriptions;
  /** `Realm.receive`. */
  receive(peer: Peer, elements: Elements): void;
  /** Could the action be permitted to anybody, as far as the form of the URI goes? */
  isPossible(action: Action, uri: Uri, match: Match): boolean;
  /** Ends a session of which more waits than may. */
  overflow(peer: Peer): void;
}

const DENIED: Permission = { allow: false, disclose: undefined };

/**
 * Nothing here survives sleep, and nothing has to: a question takes `authorizer_timeout` at most, which is less than
 * what the platform waits before it lets an object sleep, and the message that raised it has kept the object awake.
 */
export class Authorizer {
  readonly #court: Court;
  readonly #caller: InternalCaller;
  readonly #cache: DecisionCache;
  readonly #pending = new Map<Peer, PendingMessages>();
  /** The message that is being routed: whose it is, and what is decided about it. */
  #current: { readonly session: Session; readonly verdicts: Verdict[] } | undefined;

  constructor(court: Court) {
    this.#court = court;
    this.#caller = new InternalCaller(court.dealer, court.authorization, court.host);
    this.#cache = new DecisionCache(court.host);
  }

  /** Must the message wait behind another one? Then it is kept, and comes back by `Court.receive`. */
  keepsBack(peer: Peer, elements: Elements): boolean {
    const pending = this.#pending.get(peer);
    if (pending?.question === undefined || this.#cannotWait(pending.session, elements)) return false;
    if (!pending.add(elements)) this.#court.overflow(peer);
    return true;
  }

  /** Was the authorizer asked about the message, which now comes back with the decision? */
  hasAsked(peer: Peer, elements: Elements): boolean {
    return this.#pending.get(peer)?.first === elements;
  }

  /**
   * Must the message wait for a decision about itself? Then it is kept, too. If not, `verdict` tells what is decided
   * about it until the next message is looked at.
   */
  asks(peer: Peer, session: Session, message: ClientMessage, elements: Elements): boolean {
    const pending = this.#pending.get(peer);
    const verdicts = pending?.first === elements ? pending.verdicts : [];
    this.#current = { session, verdicts };
    const role = this.#court.authorization.role(session.identity.authrole);
    if (role?.authorizer === undefined) return false;
    for (const question of questionsOf(session, message, this.#court.subscriptions, this.#court.dealer)) {
      const { action, uri, match } = question;
      if (!this.#isOpen(session, question) || verdicts.some((it) => isAbout(it, action, uri, match))) continue;
      const permission = this.#known(session, role.authorizer, question);
      if (permission !== undefined) verdicts.push({ question, permission });
      else return this.#hold(peer, session, elements, verdicts, role, question);
    }
    return false;
  }

  /** The decision on an action of the message that is being routed; undefined if there is none. */
  verdict(session: Session, action: Action, uri: Uri, match: Match): Permission | undefined {
    if (this.#current?.session !== session) return undefined;
    return this.#current.verdicts.find((it) => isAbout(it, action, uri, match))?.permission;
  }

  /** The peer's session has ended: its message is dropped, what the client said later is for what comes next (AZ-13). */
  leave(peer: Peer): void {
    const pending = this.#pending.get(peer);
    if (pending?.question === undefined) return;
    const end = {};
    pending.question = end;
    queueMicrotask(() => {
      if (pending.question === end) this.#resume(peer, pending, pending.shift());
    });
  }

  /** Forgets the decisions it was told to keep. */
  forget(): void {
    this.#cache.clear();
  }

  /** A client that gives up does so at once; and an authorizer's answers must not wait for one another. */
  #cannotWait(session: Session, [type, request]: Elements): boolean {
    if (type === MessageType.ABORT) return true;
    const isAnswer = type === MessageType.YIELD;
    const procedure = isAnswer ? this.#court.dealer.invocationsOf(session).get(request as Id)?.procedure : undefined;
    return procedure !== undefined && this.#isAuthorizer(procedure);
  }

  #isAuthorizer(procedure: Uri): boolean {
    for (const { authorizer } of this.#court.authorization.roles()) if (authorizer === procedure) return true;
    return false;
  }

  /** Do the rules leave it to the authorizer? */
  #isOpen({ identity }: Session, { action, uri, match }: Question): boolean {
    if (!this.#court.isPossible(action, uri, match)) return false;
    return this.#court.authorization.authorize(identity.authrole, action, uri, match) === UNDECIDED;
  }

  /** What there is no need to ask. */
  #known(session: Session, authorizer: Uri, question: Question): Permission | undefined {
    const callees = this.#court.dealer.registrations.best(authorizer)?.callees ?? [];
    // An authorizer would be asked about what it does to answer; for it there are the rules (AZ-12).
    if (callees.some((callee) => callee.session === session)) return DENIED;
    return this.#cache.get(session, question, authorizer, callees.at(-1));
  }

  #hold(
    peer: Peer,
    session: Session,
    elements: Elements,
    verdicts: Verdict[],
    role: Role,
    question: Question,
  ): boolean {
    const { limits, records } = this.#court;
    const pending =
      this.#pending.get(peer) ?? new PendingMessages(session, elements, verdicts, limits.undecided_bytes, records);
    pending.session = session;
    pending.first = elements;
    pending.verdicts = verdicts;
    pending.question = question;
    this.#pending.set(peer, pending);
    void this.#ask(peer, pending, role, question);
    return true;
  }

  async #ask(peer: Peer, pending: PendingMessages, role: Role, question: Question): Promise<void> {
    const { session } = pending;
    const { action, uri, options } = question;
    const { generation } = this.#cache;
    const args = [sessionDetails(this.#court.realm, session, peer), uri, action, options];
    const outcome = await this.#caller.call(role.authorizer!, args, this.#court.limits.authorizer_timeout);
    const decision = outcome.ok ? decisionFrom(outcome.args[0]) : undefined;
    if (decision === undefined) this.#logFault(session, role.authorizer!, question, outcome);
    else if (decision.isCacheable && generation === this.#cache.generation) {
      this.#cache.put(session, question, decision.permission, role["authorizer-cache"] ?? DEFAULT_CACHE_SECONDS);
    }
    if (pending.question !== question) return;
    pending.verdicts.push({ question, permission: decision?.permission });
    this.#resume(peer, pending, pending.first);
  }

  #logFault(
    { id, identity: { authid, authrole } }: Session,
    procedure: Uri,
    question: Question,
    outcome: CallOutcome,
  ): void {
    const { action, uri } = question;
    const line = { procedure, session: id, authid, authrole, action, uri };
    this.#court.host.log({ level: "error", event: "authorizer.failed", cause: faultOf(outcome), ...line });
  }

  /** Takes the messages up again, up to one for which there is something to ask. */
  #resume(peer: Peer, pending: PendingMessages, from: Elements | undefined): void {
    pending.question = undefined;
    for (let next = from; next !== undefined; next = pending.shift()) {
      this.#court.receive(peer, next);
      if (pending.question !== undefined) break;
    }
    if (pending.question === undefined) {
      this.#pending.delete(peer);
      pending.end();
    }
    this.#court.host.flushOutput();
  }
}

/** Who asks to be permitted something, in Crossbar.io's words. */
function sessionDetails(realm: Uri, { id, identity }: Session, { facts }: Peer): Dict {
  const { authid, authrole, authmethod, authprovider, authextra = {} } = identity;
  return { realm, session: id, authid, authrole, authmethod, authprovider, authextra, transport: facts ?? {} };
}

/** For the log. */
function faultOf(outcome: CallOutcome): string {
  return outcome.ok ? "gave no answer an authorizer may give" : outcome.uri;
}
