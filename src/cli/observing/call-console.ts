/** Calls procedures of the console, and says what a session needs that may not. */

import { ApplicationError } from "../../wamp/local/application-error.ts";
import type { CallOptions } from "../../wamp/local/component.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { describeError, EXIT_ERROR } from "../client/failures.ts";
import type { Session } from "../client/open-session.ts";
import { UserError } from "../project/user-error.ts";

/** A call to make. */
export interface ConsoleCall {
  readonly args?: List;
  readonly kwargs?: Dict;
  readonly options?: CallOptions;
}

/** Calls a procedure and returns the first argument of its result. Rejects with UserError. */
export async function callConsole(session: Session, procedure: string, call: ConsoleCall = {}): Promise<unknown> {
  const { args = [], kwargs = {}, options = {} } = call;
  try {
    return (await session.call(procedure, args, kwargs, options)).args[0];
  } catch (error) {
    throw await describeRefusal(error, procedure, session);
  }
}

/** A role without `console`, and a router without the procedures, get a line of their own. */
export async function describeRefusal(error: unknown, procedure: string, session: Session): Promise<unknown> {
  const uri = error instanceof ApplicationError ? error.uri : undefined;
  if (uri === WampUri.NOT_AUTHORIZED && procedure.startsWith("wamp.edge.")) {
    const { authid, authrole } = session;
    const line = `${authid} may not call ${procedure}: its role ${authrole} lacks "console": true; log in with one that has it, by --authid or --context`;
    return new UserError(line, { exitCode: EXIT_ERROR, cause: error });
  }
  if (uri === WampUri.NO_SUCH_PROCEDURE && procedure.startsWith("wamp.edge.")) {
    const line = `this router has no ${procedure}: it is no wamp-edge, an older one, or its realm has no enable_meta_api`;
    return new UserError(line, { exitCode: EXIT_ERROR, cause: error });
  }
  return describeError(error, procedure, session);
}
