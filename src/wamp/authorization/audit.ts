/** Accounting: a record of who wanted to do what, and whether he might (Authorization). */

import { WampError, WampUri } from "../protocol/errors.ts";
import type { Access, Surroundings } from "./access-control.ts";
import { MANAGEMENT } from "./managed-roles.ts";

/** What a realm accounts for: every action somebody wanted to perform, or those he was denied. */
export type Accounting = "all" | "denied";

/** Characters: more than any URI in use, little in a log. */
const LONGEST_URI = 1_000;

/** `access.permit` that has the host keep a record of each verdict. */
export function accounted(access: Access, kept: Accounting, surroundings: () => Surroundings): Access["permit"] {
  const permit = access.permit.bind(access);
  return (session, action, uri, match) => {
    const { realm, host } = surroundings();
    const { id, identity } = session;
    const { authid, authrole } = identity;
    const principal = { realm, session: id, authid, authrole };
    const account = (verdict: string) => {
      host.audit({ ...principal, action, uri: uri.slice(0, LONGEST_URI), match, verdict });
    };
    try {
      const permission = permit(session, action, uri, match);
      const isRefused = action === "call" && uri.startsWith(MANAGEMENT) && !access.mayManage(authrole, uri);
      if (isRefused) account(WampUri.NOT_AUTHORIZED);
      else if (kept === "all") account("allowed");
      return permission;
    } catch (error) {
      if (error instanceof WampError) account(error.uri);
      throw error;
    }
  };
}
