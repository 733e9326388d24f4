/** Discloses the publisher or caller to receivers (Publisher Identification, Caller Identification). */

import { WampError, WampUri } from "../protocol/errors.ts";
import { NO_DETAILS } from "../protocol/message.ts";
import type { Dict } from "../protocol/values.ts";
import type { Session } from "./session.ts";

/**
 * The details that disclose `session` as publisher or caller, or none. `rule` is `disclose` of the permission: true
 * always, false never (`disclose_me` then throws option_disallowed.disclose_me), undefined on request of the client
 * (`disclose_me`) or of the callee (`isDemanded`).
 */
export function disclosedDetails(
  as: "publisher" | "caller",
  session: Session,
  options: Dict,
  rule: boolean | undefined,
  isDemanded = false,
): Dict {
  const isWanted = options.disclose_me === true;
  if (isWanted && rule === false) {
    throw new WampError(WampUri.OPTION_DISALLOWED_DISCLOSE_ME, `the ${as} is not disclosed here`);
  }
  if (rule === false || !(isWanted || isDemanded || rule === true)) return NO_DETAILS;
  const { authid, authrole } = session.identity;
  return { [as]: session.id, [`${as}_authid`]: authid, [`${as}_authrole`]: authrole };
}
