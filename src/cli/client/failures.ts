/** What a WAMP ERROR means for a command: its line, and code 3. */

import { ApplicationError } from "../../wamp/local/application-error.ts";
import { NearestSearch } from "../../wamp/monitoring/edit-distance.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { UserError } from "../project/user-error.ts";
import type { Session } from "./open-session.ts";
import { formatPayloadLine } from "./printing.ts";

/** The router, or a callee, answered ERROR. */
export const EXIT_ERROR = 3;
/** `--duration` ended before `--count` was reached. */
export const EXIT_FEWER = 4;

/** Registrations that are compared with a procedure that does not exist. */
const MAX_COMPARED = 500;

/** What a request asks of the router. */
export type Action = "call" | "publish" | "subscribe" | "register";

/** Makes the UserError of an ERROR that answers a request about `uri`; other errors stay as they are. */
export async function describeError(
  error: unknown,
  uri: string,
  session: Session,
  action: Action = "call",
): Promise<unknown> {
  if (!(error instanceof ApplicationError)) return error;
  const { args, kwargs } = error;
  const [message, ...others] = args;
  const text =
    typeof message === "string" ? [message, formatPayloadLine({ args: others, kwargs })] : [formatPayloadLine(error)];
  const reason = text.filter((part) => part !== "").join(" ");
  const remedy = await findRemedy(error.uri, uri, session, action);
  const line = [`${uri}: ${error.uri}`, reason.replaceAll("\n", " "), remedy].filter((part) => part !== "").join("; ");
  return new UserError(line, { exitCode: EXIT_ERROR, cause: error });
}

async function findRemedy(error: string, uri: string, session: Session, action: Action): Promise<string> {
  if (error === WampUri.NO_SUCH_PROCEDURE) {
    const nearest = new NearestSearch().nearest(uri, await listProcedures(session));
    return nearest === undefined ? "" : `did you mean ${nearest}?`;
  }
  if (error !== WampUri.NOT_AUTHORIZED) return "";
  const { authid, authrole, authmethod } = session.details;
  // The authid of an anonymous session ends with it.
  const who = authmethod === "anonymous" ? `--as-role ${authrole}` : `--as ${authid}`;
  return `"wamp-edge explain ${action} ${uri} ${who}" says which rule decides`;
}

/** Returns the procedures of the realm, as far as the session may see them. */
async function listProcedures(session: Session): Promise<readonly string[]> {
  try {
    const { args } = await session.call("wamp.registration.list");
    const ids = Object.values(args[0] as Record<string, number[]>)
      .flat()
      .slice(0, MAX_COMPARED);
    const found = ids.map((id) => session.call("wamp.registration.get", [id]).catch(() => undefined));
    return (await Promise.all(found)).flatMap((result) => (result?.args[0] as { uri?: string } | undefined)?.uri ?? []);
  } catch {
    // The session may not call the meta API, or has ended.
    return [];
  }
}
