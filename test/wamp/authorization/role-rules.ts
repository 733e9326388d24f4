/** Makes the rules of a role, for the tests of static authorization. */

import { Authorization } from "../../../src/wamp/authorization/permission-rules.ts";
import { parseRealm, type RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Action } from "../../../src/wamp/protocol/action.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";

export type RoleInput = NonNullable<RealmInput["roles"]>[number];
export type RuleInput = NonNullable<RoleInput["permissions"]>[number];

export const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];
/** All actions, for `allow`. */
export const ALL = { call: true, register: true, publish: true, subscribe: true };

/** Makes the authorization of a realm with these roles; throws if the configuration is invalid. */
export function rolesOf(...roles: RoleInput[]): Authorization {
  const parsed = parseRealm({ name: "realm1", roles });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return new Authorization(parsed.value.roles);
}

/** Makes a decide function for a role with these rules. */
export function decideWith(...permissions: RuleInput[]) {
  const authorization = rolesOf({ name: "user", permissions });
  return {
    allowed: (uri: string) =>
      ACTIONS.filter((action) => authorization.authorize("user", action, uri, "exact").allow).join(" "),
    may: (action: Action, uri: string, match: Match = "exact") =>
      authorization.authorize("user", action, uri, match).allow,
    disclose: (action: Action, uri: string) => authorization.authorize("user", action, uri, "exact").disclose,
    trustlevel: (action: Action, uri: string) => authorization.authorize("user", action, uri, "exact").trustlevel,
  };
}
