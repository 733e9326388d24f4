/** The procedures that add and flush testaments of the caller (Session Testament). */

import { publicationDetails } from "../broker/broker.ts";
import { FILTER_LISTS } from "../broker/event-filter.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import type { Publish } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import { parse } from "../protocol/parse.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, List, Uri } from "../protocol/values.ts";
import { isDict } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { TestamentScope } from "../session/testaments.ts";
import { TESTAMENT_SCOPES } from "../session/testaments.ts";
import { argument, isString, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure } from "./meta-procedure.ts";

/** `wamp.session.add_testament` and `flush_testaments`. */
export const TESTAMENT_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.session.add_testament": addTestament,
  "wamp.session.flush_testaments": flushTestaments,
};

/** Options of PUBLISH that apply without a publisher: all except those of acknowledgment and of the route. */
const TESTAMENT_OPTIONS = [
  "exclude_me",
  "disclose_me",
  "retain",
  ...FILTER_LISTS,
  "rkey",
  "_retained_ttl",
  "ppt_scheme",
  "ppt_serializer",
  "ppt_cipher",
  "ppt_keyid",
  "enc_algo",
  "enc_key",
  "enc_serializer",
];

function addTestament(context: MetaContext, caller: Session, payload: Payload): Payload {
  const topic = argument(payload, 0, "topic", isString);
  optionalArgument(payload, 1, "args", isList);
  optionalArgument(payload, 2, "kwargs", isDict);
  const options = optionalKeyword(payload, "publish_options", isDict) ?? {};
  // The exact values, so that a float that is whole is published as a float.
  const [, args, kwargs] = payload.exact.args as [topic: unknown, args?: List | null, kwargs?: Dict | null];
  const message = checkPublication(context, caller, publishMessage(topic, options, Payload.of(args, kwargs)));
  context.testaments.add(caller, scopeOf(payload), message);
  return Payload.NONE;
}

function flushTestaments(context: MetaContext, caller: Session, payload: Payload): Payload {
  context.testaments.flush(caller, scopeOf(payload));
  return Payload.NONE;
}

function scopeOf(payload: Payload): TestamentScope {
  return optionalKeyword(payload, "scope", isScope) ?? "destroyed";
}

function publishMessage(topic: Uri, options: Dict, payload: Payload): Publish {
  const known: Record<string, unknown> = {};
  for (const name of TESTAMENT_OPTIONS) {
    if (Object.hasOwn(options, name)) known[name] = options[name];
  }
  return [MessageType.PUBLISH, 1, known, topic, payload];
}

/**
 * Throws now for faults that a PUBLISH would be refused or aborted for; rules are checked again when it is published.
 */
function checkPublication(context: MetaContext, publisher: Session, written: Publish): Publish {
  try {
    const message = parse(written) as Publish;
    const permission = context.access.permit(publisher, "publish", message[3], "exact");
    publicationDetails(publisher, message[2], message[4], permission);
    return message;
  } catch (error) {
    if (error instanceof ProtocolViolation) throw new WampError(WampUri.INVALID_ARGUMENT, error.message);
    throw error;
  }
}

function isList(value: unknown): value is List {
  return Array.isArray(value);
}

function isScope(value: unknown): value is TestamentScope {
  return TESTAMENT_SCOPES.includes(value as TestamentScope);
}
