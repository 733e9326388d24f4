/** Who may do what: the static rules of a realm's roles (Authorization). */

import { TRUSTED } from "../config/permission.ts";
import type { PermissionRule, Role } from "../config/realm.ts";
import { sharedUri } from "../matching/overlap.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import type { Action } from "../protocol/action.ts";
import type { Match, Pattern } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";

/** A decision. `disclose` is always, never, or, if undefined, as the caller or publisher asks. */
export interface Permission {
  readonly allow: boolean;
  readonly disclose: boolean | undefined;
  /** Where it is denied: it takes a grant, for which the client may ask whomever the application has for that. */
  readonly isGrantable?: boolean;
  /** How far the caller or publisher is trusted, 0 the least; absent where no rule says (Call and Publication Trust Levels). */
  readonly trustlevel?: number;
}

type Grants = Readonly<Record<Action, Permission>>;

const DENIED: Permission = { allow: false, disclose: undefined };
const GRANTABLE: Permission = { allow: false, disclose: undefined, isGrantable: true };
const ALLOWED: Permission = { allow: true, disclose: undefined };
const ALLOWED_DISCLOSED: Permission = { allow: true, disclose: true };
const ALLOWED_HIDDEN: Permission = { allow: true, disclose: false };

/** No rule says anything, and the role has an authorizer: that one decides, and until it has the action is not allowed. */
export const UNDECIDED: Permission = { allow: false, disclose: undefined };

const NOTHING: Grants = { call: DENIED, register: DENIED, publish: DENIED, subscribe: DENIED };
const EVERYTHING: Grants = { call: ALLOWED, register: ALLOWED, publish: ALLOWED, subscribe: ALLOWED };
const OPEN: Grants = { call: UNDECIDED, register: UNDECIDED, publish: UNDECIDED, subscribe: UNDECIDED };

/**
 * The roles of a realm. The built-in role `trusted` may do everything, a role nobody configured nothing. Roles may
 * change at run time, and do so for the sessions that have them, too (AZ-15).
 */
export class Authorization {
  readonly #rules = new Map<string, RoleRules>();
  readonly #roles = new Map<string, Role>();

  constructor(roles: readonly Role[]) {
    for (const role of roles) this.setRole(role);
    this.#rules.set(TRUSTED, RoleRules.forEverything());
  }

  hasRole(name: string): boolean {
    return this.#rules.has(name);
  }

  /** What is configured of a role; nothing for `trusted`, which is nobody's to configure. */
  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /** The configured roles, in no special order. */
  roles(): Iterable<Role> {
    return this.#roles.values();
  }

  /** Adds a role, or replaces the one of its name. */
  setRole(role: Role): void {
    this.#roles.set(role.name, role);
    this.#rules.set(role.name, new RoleRules(role));
  }

  /** Sessions that have the role may do nothing any more. */
  removeRole(name: string): void {
    if (this.#roles.delete(name)) this.#rules.delete(name);
  }

  /**
   * Whether sessions of `role` may perform `action` on `uri`, which must be valid under `match`. A pattern is allowed
   * only if every URI it can match would be: a broad subscription brings no topic the role could not subscribe to one
   * by one, and a broad registration no call it could not register for. `UNDECIDED` where the role's authorizer has to
   * be asked. The permission is shared: compare, don't keep.
   */
  authorize(role: string, action: Action, uri: Uri, match: Match): Permission {
    const rules = this.#rules.get(role);
    if (rules === undefined) return DENIED;
    return match === "exact" ? rules.grantsFor(uri)[action] : rules.permissionForPattern(action, { uri, match });
  }
}

/**
 * The rules of one role: exact before wildcard before the longest prefix. A rule that matches decides all four actions;
 * what no rule matches is for the role's authorizer to decide, and denied where there is none.
 */
class RoleRules {
  readonly #grants = new PatternMap<Grants>();
  readonly #fallback: Grants;
  /** The answer for every URI, where there is only one. */
  readonly #always: Grants | undefined;
  /** Action → the rules that deny it. */
  readonly #denying: Readonly<Record<Action, Pattern[]>> = { call: [], register: [], publish: [], subscribe: [] };
  /** Components of the longest wildcard rule. */
  #depth = 1;

  constructor({ permissions, authorizer, "allow-by-default": allowsByDefault }: RuleSource) {
    for (const rule of permissions) this.#grants.set(rule.match, rule.uri, grantsOf(rule));
    for (const [match, uri, grants] of this.#grants.entries()) {
      if (match === "wildcard") this.#depth = Math.max(this.#depth, uri.split(".").length);
      for (const action of ACTIONS) if (!grants[action].allow) this.#denying[action].push({ match, uri });
    }
    this.#fallback = authorizer !== undefined ? OPEN : allowsByDefault ? EVERYTHING : NOTHING;
    this.#always = this.#grants.size === 0 ? this.#fallback : undefined;
    if (this.#grants.size === 1) this.#always = this.#grants.get("prefix", "");
  }

  static forEverything(): RoleRules {
    return new RoleRules({ permissions: [], "allow-by-default": true });
  }

  grantsFor(uri: Uri): Grants {
    if (this.#always !== undefined) return this.#always;
    return (
      this.#grants.exact(uri) ?? this.#grants.bestWildcard(uri) ?? this.#grants.longestPrefix(uri) ?? this.#fallback
    );
  }

  /**
   * Every URI of the pattern is decided by some rule, or by none. So it suffices to ask for one URI that only the
   * broadest rules match, and for one in the overlap with each rule that denies: a rule that denies counts only if no
   * better one overrules it everywhere in that overlap. This takes time in proportion to the denying rules. An authorizer
   * is asked about a pattern of which the rules deny nothing and do not allow all.
   */
  permissionForPattern(action: Action, pattern: Pattern): Permission {
    if (this.#always !== undefined) return this.#always[action];
    const within = (rule: Pattern): Permission => {
      const uri = sharedUri(pattern, rule, this.#depth);
      return uri === undefined ? ALLOWED : this.grantsFor(uri)[action];
    };
    const broadest = within(pattern);
    if (broadest === DENIED) return DENIED;
    const decided = [broadest, ...this.#denying[action].map(within)].filter((it) => it !== UNDECIDED);
    const denials = decided.filter(({ allow }) => !allow);
    // One grant does not help where another rule denies for good.
    if (denials.length > 0) return denials.every((it) => it === GRANTABLE) ? GRANTABLE : DENIED;
    return broadest === UNDECIDED ? UNDECIDED : ALLOWED;
  }
}

type RuleSource = Pick<Role, "permissions" | "allow-by-default"> & { readonly authorizer?: Uri | undefined };

const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];

function grantsOf({ allow, grantable, disclose, trustlevel }: PermissionRule): Grants {
  const denied = grantable ? GRANTABLE : DENIED;
  const permission = (isAllowed: boolean, ...how: [boolean | undefined, number?]) => {
    return isAllowed ? allowed(...how) : denied;
  };
  return {
    call: permission(allow.call, disclose.caller, trustlevel),
    // A callee may not ask for what a rule forbids its callers to say (CID-05).
    register: permission(allow.register, disclose.caller === false ? false : undefined),
    publish: permission(allow.publish, disclose.publisher, trustlevel),
    subscribe: permission(allow.subscribe, undefined),
  };
}

function allowed(disclose: boolean | undefined, trustlevel?: number): Permission {
  if (trustlevel !== undefined) return { allow: true, disclose, trustlevel };
  if (disclose === undefined) return ALLOWED;
  return disclose ? ALLOWED_DISCLOSED : ALLOWED_HIDDEN;
}
