/** Who learns who the publisher or caller is (Publisher Identification, Caller Identification). */

import { WampError, WampUri } from "../protocol/errors.ts";
import { NO_DETAILS } from "../protocol/message.ts";
import type { Dict } from "../protocol/values.ts";
import type { Session } from "./session.ts";

/**
 * The details that name `session` as the `as` of a message, or none. `rule` is the permission's say: true always,
 * false never (then a wish is refused with option_disallowed.disclose_me), absent on request (D-18).
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
