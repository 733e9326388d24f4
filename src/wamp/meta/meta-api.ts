/** Answers CALLs of meta procedures, whose URIs no client can register (Meta API). */

import { checkCall } from "../dealer/invocation.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { type Call, MessageType, NO_DETAILS } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isPassthru } from "../protocol/payload-passthru.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { CONSOLE_PROCEDURES } from "./console-procedures.ts";
import { explain } from "./explain.ts";
import { HISTORY_PROCEDURES } from "./history-procedures.ts";
import { checkManager, MANAGEMENT_PROCEDURES } from "./management-procedures.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { REGISTRATION_PROCEDURES } from "./registration-procedures.ts";
import { RETENTION_PROCEDURES } from "./retained-procedures.ts";
import { SESSION_PROCEDURES } from "./session-procedures.ts";
import { SUBSCRIPTION_PROCEDURES } from "./subscription-procedures.ts";
import { TESTAMENT_PROCEDURES } from "./testament-procedures.ts";

/**
 * URI → procedure. To add some: export a `Record<Uri, MetaProcedure>` from the file of their subject and spread it
 * here. A realm without `enable_meta_api` has none of them. All URIs begin with `wamp.`, so that no property of
 * `Object.prototype` is found by a URI.
 */
export const META_PROCEDURES: Readonly<Record<Uri, MetaProcedure | undefined>> = {
  ...SESSION_PROCEDURES,
  ...REGISTRATION_PROCEDURES,
  ...SUBSCRIPTION_PROCEDURES,
  ...HISTORY_PROCEDURES,
  ...RETENTION_PROCEDURES,
  ...TESTAMENT_PROCEDURES,
  ...MANAGEMENT_PROCEDURES,
  ...CONSOLE_PROCEDURES,
  "wamp.edge.explain": (context, _, payload) => explain(context, payload, findProcedure),
};

/** The procedure that a CALL of a reserved URI calls. Throws what the call is refused with, and changes nothing. */
export function findProcedure(context: MetaContext, caller: Session, message: Call): MetaProcedure {
  const [, , options, uri] = message;
  checkCall(caller, message);
  const procedure = context.hasMetaApi ? META_PROCEDURES[uri] : undefined;
  if (procedure === undefined) throw new WampError(WampUri.NO_SUCH_PROCEDURE, `the router has no procedure ${uri}`);
  // The router reads the arguments, all of them at once.
  if (options.progress === true || isPassthru(options)) {
    throw new WampError(WampUri.FEATURE_NOT_SUPPORTED, `${uri} takes its arguments at once, and reads them`);
  }
  checkManager(context, caller, uri);
  return procedure;
}

/**
 * Answers a CALL of a reserved URI, which never reaches a callee, whatever pattern it registered (URI-13). Throws
 * no_such_procedure for an unknown URI, and the errors of the procedure.
 */
export function callMeta(context: MetaContext, caller: Session, message: Call): void {
  const reply = runMeta(context, caller, message);
  if (reply !== undefined) sendReply(caller, message, reply);
}

/** Runs the procedure that a CALL calls, and sends nothing; undefined if it has opened a call. Throws as `callMeta`. */
export function runMeta(context: MetaContext, caller: Session, message: Call): MetaReply | undefined {
  const [, request, options, , payload] = message;
  const answer = findProcedure(context, caller, message)(context, caller, payload, options, request);
  return answer instanceof Payload ? { payload: answer } : answer;
}

/** Sends the caller an answer; `details` are those of the last RESULT. Throws payload_size_exceeded. */
export function sendReply(caller: Session, [, request, , uri]: Call, reply: MetaReply, details = NO_DETAILS): void {
  const send = (of: Dict, result: Payload): void => {
    const fault = caller.transport.send([MessageType.RESULT, request, of, result]);
    if (fault === "too large") throw new WampError(WampUri.PAYLOAD_SIZE_EXCEEDED, `the answer of ${uri} is too large`);
  };
  const sendAll = (): void => {
    for (const part of reply.progress ?? []) send({ progress: true }, part);
    send(details, reply.payload);
    reply.afterwards?.();
  };
  if (reply.when === undefined) sendAll();
  else reply.when(sendAll);
}
