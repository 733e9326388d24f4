/**
 * `wamp.edge.explain`: what the router would do with a message, and why (docs/console-procedures.md). The functions
 * that decide on real messages decide here, too; nothing is sent, stored, counted, logged or recorded.
 */

import { matchOf } from "../authorization/authorizer-request.ts";
import { isConsoleProcedure } from "../authorization/console-access.ts";
import { FLOOD, rateText } from "../authorization/message-rates.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import type { Action } from "../protocol/action.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { isId, MAX_ID } from "../protocol/id.ts";
import { type Hello, MessageType } from "../protocol/message.ts";
import { parse } from "../protocol/parse.ts";
import { Payload } from "../protocol/payload.ts";
import { type Dict, isDict, type List } from "../protocol/values.ts";
import { NO_CLIENT } from "../session/no-client.ts";
import { Session } from "../session/session.ts";
import { argument, type Guard, isBoolean, isString, optionalArgument } from "./arguments.ts";
import { type Answer, explainRoute, type ProcedureFinder, type Request } from "./explain-route.ts";
import type { MetaContext } from "./meta-context.ts";
import { sessionById } from "./session-details.ts";

const TYPES = {
  login: MessageType.HELLO,
  call: MessageType.CALL,
  publish: MessageType.PUBLISH,
  register: MessageType.REGISTER,
  subscribe: MessageType.SUBSCRIBE,
};

/** Answers argument 0, a dict. Throws invalid_argument and no_such_session. */
export function explain(context: MetaContext, payload: Payload, findProcedure: ProcedureFinder): Payload {
  const query = argument(payload, 0, "query", isDict);
  const action = required(query, "action", isAction);
  const answer: Answer = { action, step: "message", refused: null };
  const take = action === "login" ? loginOf(context, query, answer) : messageOf(context, query, action, answer);
  try {
    take(findProcedure);
  } catch (error) {
    const endsSession = error instanceof ProtocolViolation;
    if (!endsSession && !(error instanceof WampError)) throw error;
    answer.refused = { error: error.uri, message: error.message, ends_session: endsSession };
  }
  return Payload.of([answer]);
}

/** Explains HELLO up to the point where the client has to prove something. */
function loginOf({ name, sessions }: MetaContext, query: Dict, answer: Answer): () => void {
  const { authmethods, authid, authrole } = query;
  const peer = optional(query, "address", isString);
  const facts = { is_secure: optional(query, "is_secure", isBoolean) ?? true, ...(peer !== undefined && { peer }) };
  return () => {
    const [, , details] = parse([MessageType.HELLO, name, { authmethods, authid, authrole }]) as Hello;
    const { refusal, ...plan } = sessions.planLogin(details, {
      websocket_protocol: "",
      http_headers_received: {},
      ...facts,
    });
    Object.assign(answer, plan, { step: "login" });
    if (refusal !== undefined) throw new WampError(refusal.uri, refusal.message);
  };
}

/** Explains a message of a session, step by step as `Realm.receive` takes it. */
function messageOf(
  context: MetaContext,
  query: Dict,
  action: Action,
  answer: Answer,
): (findProcedure: ProcedureFinder) => void {
  const session = subjectOf(context, query);
  const { authid, authrole } = session.identity;
  const uri = required(query, "uri", isString);
  const match = optional(query, "match", isString);
  const options = { ...optional(query, "options", isDict), ...(match !== undefined && { match }) };
  const payload = Payload.of(optional(query, "args", isList), optional(query, "kwargs", isDict));
  // No call of any session has this id.
  const elements: unknown[] = [TYPES[action], MAX_ID, options, uri];
  if (action === "call" || action === "publish") elements.push(payload);
  const rates = context.access.authorization.role(authrole)?.rates ?? null;
  Object.assign(answer, { uri, session: session.id || null, authid, authrole, rates });
  return (findProcedure) => {
    const message = parse(elements) as Request;
    answer.step = "rate";
    checkRate(context, session, message);
    answer.step = "role_check";
    context.checks.checkRole(session, message[0]);
    answer.step = "permission";
    const permission = explainPermission(context, session, action, message, answer);
    answer.step = "route";
    explainRoute(context, session, message, permission, findProcedure, answer);
  };
}

function checkRate({ access }: MetaContext, session: Session, message: Request): void {
  const excess = access.rates?.excess(session, message);
  if (excess === undefined) return;
  const text = rateText(excess);
  throw excess === FLOOD
    ? new ProtocolViolation(text, WampUri.RATE_EXCEEDED)
    : new WampError(WampUri.RATE_EXCEEDED, text);
}

/** Adds the permission to the answer and returns it; throws the denial. An authorizer that would be asked allows. */
function explainPermission(
  { access, dealer }: MetaContext,
  session: Session,
  action: Action,
  [, , options, uri]: Request,
  answer: Answer,
): Permission {
  const { authrole } = session.identity;
  const match = action === "subscribe" || action === "register" ? matchOf(options) : "exact";
  const found: Answer = { allowed: false, by: "uri", rule: null, authorizer: null };
  Object.assign(answer, { match, permission: found });
  if (access.isValidFor(action, uri, match)) {
    const rule = access.authorization.decisiveRule(authrole, action, uri, match);
    found.rule = rule === undefined ? null : access.roles.describeRule(authrole, rule);
    found.by = action === "call" && isConsoleProcedure(uri) ? "console" : rule === undefined ? "no rule" : "rule";
  }
  let allowed: true | null = true;
  const permission = access.decide(session, action, uri, match, () => {
    const procedure = access.authorization.role(authrole)!.authorizer!;
    const known = access.authorizer?.decideWithoutCall(session, procedure, { action, uri, match, options });
    if (known === undefined) allowed = null;
    found.by = "authorizer";
    found.authorizer = { procedure, registered: dealer.registrations.best(procedure) !== undefined };
    return known ?? { allow: true, disclose: undefined };
  });
  const { disclose = null, trustlevel = null } = permission;
  if (found.by === "no rule") found.by = "allow-by-default";
  Object.assign(found, { allowed, disclose, trustlevel });
  return permission;
}

/** The session that the query names, or one that exists for the answer only and has every feature. */
function subjectOf(context: MetaContext, query: Dict): Session {
  const id = optional(query, "session", isId);
  if (id !== undefined) return sessionById(context, id);
  const authrole = optional(query, "authrole", isString) ?? required(query, "role", isString);
  const identity = { authid: optional(query, "authid", isString) ?? "", authrole, authmethod: "", authprovider: "" };
  return new Session(NO_CLIENT, { id: 0, identity, features: -1 });
}

function required<T>(query: Dict, name: string, isValid: Guard<T>): T {
  return argument(Payload.of([query[name]]), 0, name, isValid);
}

function optional<T>(query: Dict, name: string, isValid: Guard<T>): T | undefined {
  return optionalArgument(Payload.of([query[name]]), 0, name, isValid);
}

function isAction(value: unknown): value is Action | "login" {
  return isString(value) && Object.hasOwn(TYPES, value);
}

function isList(value: unknown): value is List {
  return Array.isArray(value);
}
