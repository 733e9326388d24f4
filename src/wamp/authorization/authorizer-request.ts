/** Requests to an authorizer and its responses, in the format of Crossbar.io (Authorization: Dynamic Authorization). */

import type { Action } from "../protocol/action.ts";
import { isId } from "../protocol/id.ts";
import {
  type Call,
  type ClientMessage,
  MessageType,
  type Publish,
  type Register,
  type Subscribe,
} from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import { type Dict, type Id, isDict, type Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { CalleeLookup } from "./callee-lookup.ts";
import type { Permission } from "./permission-rules.ts";

/** One action of a message, which an authorizer may have to decide. */
export interface AuthorizerRequest {
  readonly action: Action;
  readonly uri: Uri;
  readonly match: Match;
  /** The options of the message. */
  readonly options: Dict;
}

/** The decision on a request: no permission where the authorizer failed. */
export interface AuthorizerResult {
  readonly request: AuthorizerRequest;
  readonly permission: Permission | undefined;
}

/**
 * The permission of a call that another object answers, with the decisions of the authorizer on what the called
 * procedure does.
 */
export interface DecidedPermission extends Permission {
  readonly decisions?: readonly AuthorizerResult[] | undefined;
}

/** An authorizer's decision, and whether the router may keep it for the next equal request. */
export interface AuthorizerResponse {
  readonly permission: Permission;
  readonly isCacheable: boolean;
}

/** Finds the topic of a subscription id; implemented by the broker. */
export interface SubscriptionLookup {
  /** Returns undefined if the broker knows no subscription with this id. */
  patternOf(id: Id): { readonly topic: Uri; readonly match: Match } | undefined;
}

/**
 * Lists the actions of a message, in the order in which they are decided. Adding a testament requires the right to
 * publish it, and reading the event history of a subscription requires the right to subscribe.
 */
export function requestsOf(
  session: Session,
  message: ClientMessage,
  subscriptions: SubscriptionLookup,
  dealer: Pick<CalleeLookup, "isFurtherInput">,
): readonly AuthorizerRequest[] {
  switch (message[0]) {
    case MessageType.PUBLISH:
      return [exactRequest("publish", message)];
    case MessageType.SUBSCRIBE:
      return [{ ...exactRequest("subscribe", message), match: matchOf(message[2]) }];
    case MessageType.REGISTER:
      return [{ ...exactRequest("register", message), match: matchOf(message[2]) }];
    case MessageType.CALL:
      // Further input of a call was authorized with the call (PINV-14).
      if (dealer.isFurtherInput(session, message[1])) return [];
      return [
        exactRequest("call", message),
        ...testamentRequests(message),
        ...removalRequests(message),
        ...historyRequests(message, subscriptions),
      ];
    default:
      return [];
  }
}

/** Is the result that of this action on this URI? */
export function isAbout({ request }: AuthorizerResult, action: Action, uri: Uri, match: Match): boolean {
  return request.action === action && request.uri === uri && request.match === match;
}

/** Parses the response of an authorizer, a boolean or a dict; undefined if it is invalid. */
export function parseResponse(response: unknown): AuthorizerResponse | undefined {
  if (typeof response === "boolean")
    return { permission: { allow: response, disclose: undefined }, isCacheable: false };
  if (!isDict(response) || !Object.keys(response).every((key) => RESPONSE_KEYS.includes(key))) return undefined;
  const { allow, disclose = null, cache = null, validate = null, grantable = null } = response;
  if (typeof allow !== "boolean" || !isFlag(disclose) || !isFlag(cache) || !isFlag(grantable)) return undefined;
  // The router cannot validate payload; to ignore `validate` would let unchecked payload pass.
  if (validate !== null && !(isDict(validate) && Object.keys(validate).length === 0)) return undefined;
  const permission = { allow, disclose: disclose ?? undefined, ...(grantable && { isGrantable: true }) };
  return { permission, isCacheable: cache === true };
}

/** Options that change how the router responds, but not the action itself. */
const IRRELEVANT = ["acknowledge", "progress", "receive_progress", "timeout"];
/** Characters of the options as JSON; a request with longer ones is not cached. */
const LONGEST_OPTIONS = 500;

/** Makes a text that equal requests share, for use as cache key; undefined where the options cannot be compared. */
export function keyTextOf({ action, uri, match, options }: AuthorizerRequest): string | undefined {
  const relevant = Object.entries(options).filter(([name, value]) => value != null && !IRRELEVANT.includes(name));
  if (relevant.length === 0) return `${action} ${match} ${uri}`;
  try {
    const text = JSON.stringify(relevant.sort(([a], [b]) => (a < b ? -1 : 1)));
    return text.length > LONGEST_OPTIONS ? undefined : `${action} ${match} ${uri} ${text}`;
  } catch {
    return undefined; // an integer that JSON cannot hold
  }
}

/** Reads `match` of SUBSCRIBE.Options or REGISTER.Options. */
export function matchOf(options: Dict): Match {
  return (options.match ?? "exact") as Match;
}

const RESPONSE_KEYS = ["allow", "disclose", "cache", "validate", "grantable"];

function isFlag(value: unknown): value is boolean | null {
  return value === null || typeof value === "boolean";
}

function exactRequest(action: Action, [, , options, uri]: Publish | Subscribe | Register | Call): AuthorizerRequest {
  return { action, uri, match: "exact", options };
}

function testamentRequests([, , , procedure, payload]: Call): AuthorizerRequest[] {
  if (procedure !== "wamp.session.add_testament") return [];
  const topic = payload.args[0];
  const options = payload.kwargs.publish_options;
  if (typeof topic !== "string") return [];
  return [{ action: "publish", uri: topic, match: "exact", options: isDict(options) ? options : {} }];
}

/** Removing a retained event requires the right to publish to its topic. */
function removalRequests([, , , procedure, payload]: Call): AuthorizerRequest[] {
  const [topic] = procedure === "wamp.edge.retained.remove" ? payload.args : [];
  return typeof topic === "string" ? [{ action: "publish", uri: topic, match: "exact", options: {} }] : [];
}

function historyRequests([, , , procedure, payload]: Call, subscriptions: SubscriptionLookup): AuthorizerRequest[] {
  if (procedure !== "wamp.subscription.get_events") return [];
  const [id] = payload.args;
  const subscription = isId(id) ? subscriptions.patternOf(id) : undefined;
  if (subscription === undefined) return [];
  const { topic, match } = subscription;
  return [{ action: "subscribe", uri: topic, match, options: match === "exact" ? {} : { match } }];
}
