/** What an authorizer is asked, as Crossbar.io asks it, and what it may answer (Authorization: Dynamic Authorization). */

import type { Subscriptions } from "../broker/subscriptions.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { Action } from "../host/audit-record.ts";
import { isId } from "../protocol/id.ts";
import type { Call, ClientMessage, Publish, Register, Subscribe } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import { type Dict, isDict, type Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { Permission } from "./rules.ts";

/** One action a message is about to perform. */
export interface Question {
  readonly action: Action;
  readonly uri: Uri;
  readonly match: Match;
  /** The options of the message. */
  readonly options: Dict;
}

/** What came of a question: no permission where it could not be decided. */
export interface Verdict {
  readonly question: Question;
  readonly permission: Permission | undefined;
}

/** An authorizer's decision, and whether it holds for the next time. */
export interface Decision {
  readonly permission: Permission;
  readonly isCacheable: boolean;
}

/**
 * The actions of a message, in the order they have to be permitted. Leaving a testament announces a publication, and
 * asking for the events of a subscription takes the right to subscribe.
 */
export function questionsOf(
  session: Session,
  message: ClientMessage,
  subscriptions: Pick<Subscriptions, "byId">,
  dealer: Pick<Dealer, "isFurtherInput">,
): readonly Question[] {
  switch (message[0]) {
    case MessageType.PUBLISH:
      return [exact("publish", message)];
    case MessageType.SUBSCRIBE:
      return [{ ...exact("subscribe", message), match: matchOf(message[2]) }];
    case MessageType.REGISTER:
      return [{ ...exact("register", message), match: matchOf(message[2]) }];
    case MessageType.CALL:
      // More input of a call was authorized with the call (PINV-14).
      if (dealer.isFurtherInput(session, message[1])) return [];
      return [
        exact("call", message),
        ...testamentIn(message),
        ...removalIn(message),
        ...historyIn(message, subscriptions),
      ];
    default:
      return [];
  }
}

/** Is it the same action on the same URI, in the same message? */
export function isAbout({ question }: Verdict, action: Action, uri: Uri, match: Match): boolean {
  return question.action === action && question.uri === uri && question.match === match;
}

/** What the authorizer's answer says; undefined for one that says nothing it may say. */
export function decisionFrom(answer: unknown): Decision | undefined {
  if (typeof answer === "boolean") return { permission: { allow: answer, disclose: undefined }, isCacheable: false };
  if (!isDict(answer) || !Object.keys(answer).every((key) => ANSWER_KEYS.includes(key))) return undefined;
  const { allow, disclose = null, cache = null, validate = null, grantable = null } = answer;
  if (typeof allow !== "boolean" || !isFlag(disclose) || !isFlag(cache) || !isFlag(grantable)) return undefined;
  // The router cannot do this yet, and to let unchecked payload pass would be worse than to let none.
  if (validate !== null && !(isDict(validate) && Object.keys(validate).length === 0)) return undefined;
  const permission = { allow, disclose: disclose ?? undefined, ...(grantable && { isGrantable: true }) };
  return { permission, isCacheable: cache === true };
}

/** Options that change how an answer travels, and nothing of what is done. */
const IRRELEVANT = ["acknowledge", "progress", "receive_progress", "timeout"];
/** Characters; options beyond this do not come again. */
const LONGEST_OPTIONS = 500;

/** The question as a text that is the same for the same question; undefined where its options are beyond comparing. */
export function textOf({ action, uri, match, options }: Question): string | undefined {
  const relevant = Object.entries(options).filter(([name, value]) => value != null && !IRRELEVANT.includes(name));
  if (relevant.length === 0) return `${action} ${match} ${uri}`;
  try {
    const text = JSON.stringify(relevant.sort(([a], [b]) => (a < b ? -1 : 1)));
    return text.length > LONGEST_OPTIONS ? undefined : `${action} ${match} ${uri} ${text}`;
  } catch {
    return undefined; // an integer that JSON cannot hold
  }
}

/** The `match` of SUBSCRIBE.Options or REGISTER.Options. */
export function matchOf(options: Dict): Match {
  return (options.match ?? "exact") as Match;
}

const ANSWER_KEYS = ["allow", "disclose", "cache", "validate", "grantable"];

function isFlag(value: unknown): value is boolean | null {
  return value === null || typeof value === "boolean";
}

function exact(action: Action, [, , options, uri]: Publish | Subscribe | Register | Call): Question {
  return { action, uri, match: "exact", options };
}

function testamentIn([, , , procedure, payload]: Call): Question[] {
  if (procedure !== "wamp.session.add_testament") return [];
  const topic = payload.args[0];
  const options = payload.kwargs.publish_options;
  if (typeof topic !== "string") return [];
  return [{ action: "publish", uri: topic, match: "exact", options: isDict(options) ? options : {} }];
}

/** Removing what is retained takes the right to publish on the topic. */
function removalIn([, , , procedure, payload]: Call): Question[] {
  const [topic] = procedure === "wamp.edge.retained.remove" ? payload.args : [];
  return typeof topic === "string" ? [{ action: "publish", uri: topic, match: "exact", options: {} }] : [];
}

function historyIn([, , , procedure, payload]: Call, subscriptions: Pick<Subscriptions, "byId">): Question[] {
  if (procedure !== "wamp.subscription.get_events") return [];
  const [id] = payload.args;
  const subscription = isId(id) ? subscriptions.byId(id) : undefined;
  if (subscription === undefined) return [];
  const { topic, match } = subscription;
  return [{ action: "subscribe", uri: topic, match, options: match === "exact" ? {} : { match } }];
}
