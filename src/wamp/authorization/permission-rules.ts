/** The static permission rules of the roles of a realm (Authorization). */

import type { PermissionRule, Role } from "../config/realm.ts";
import { TRUSTED } from "../config/trusted.ts";
import { sharedUri } from "../matching/overlap.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import type { Action } from "../protocol/action.ts";
import type { Match, Pattern } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import { isConsoleProcedure } from "./console-access.ts";

/** The decision on an action. */
export interface Permission {
  readonly allow: boolean;
  /** True: always. False: never. Undefined: if the caller or publisher asks for it. */
  readonly disclose: boolean | undefined;
  /** Denied, but the application can grant the action later: the error is `authorization_required`. */
  readonly isGrantable?: boolean;
  /** Trust level of caller or publisher, 0 the lowest; absent without a rule (Call and Publication Trust Levels). */
  readonly trustlevel?: number;
}

type Grants = Readonly<Record<Action, Permission>>;

const DENIED: Permission = { allow: false, disclose: undefined };
const GRANTABLE: Permission = { allow: false, disclose: undefined, isGrantable: true };
const ALLOWED: Permission = { allow: true, disclose: undefined };
const ALLOWED_DISCLOSED: Permission = { allow: true, disclose: true };
const ALLOWED_HIDDEN: Permission = { allow: true, disclose: false };

/** No rule matches, and the role has an authorizer, which must decide; until then the action is denied. */
export const UNDECIDED: Permission = { allow: false, disclose: undefined };

const NOTHING: Grants = { call: DENIED, register: DENIED, publish: DENIED, subscribe: DENIED };
const EVERYTHING: Grants = { call: ALLOWED, register: ALLOWED, publish: ALLOWED, subscribe: ALLOWED };
const OPEN: Grants = { call: UNDECIDED, register: UNDECIDED, publish: UNDECIDED, subscribe: UNDECIDED };

/**
 * The roles of a realm. The built-in role `trusted` may do everything, an unknown role nothing. A change at run time
 * also applies to sessions that already have the role (AZ-15).
 */
export class Authorization {
  readonly #rules = new Map<string, RoleRules>();
  readonly #roles = new Map<string, Role>();

  constructor(roles: readonly Role[]) {
    for (const role of roles) this.setRole(role);
    this.#rules.set(TRUSTED, RoleRules.forEverything());
  }

  /** May sessions of the role call the procedures of the console? */
  hasConsole(name: string): boolean {
    return this.#rules.get(name)?.hasConsole === true;
  }

  /** True for the built-in role `trusted`, too. */
  hasRole(name: string): boolean {
    return this.#rules.has(name);
  }

  /** The configuration of a role; undefined for `trusted`, which cannot be configured. */
  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /** The configured roles, without `trusted`. */
  roles(): Iterable<Role> {
    return this.#roles.values();
  }

  /** Adds a role, or replaces the role of the same name. */
  setRole(role: Role): void {
    this.#roles.set(role.name, role);
    this.#rules.set(role.name, new RoleRules(role));
  }

  /** Removes a role; its sessions may do nothing from then on. */
  removeRole(name: string): void {
    if (this.#roles.delete(name)) this.#rules.delete(name);
  }

  /**
   * Decides whether sessions of `role` may perform `action` on `uri`, which must be valid under `match`. A pattern is
   * allowed only if every URI that it can match is allowed; otherwise a broad subscription or registration would get
   * around the rules. Returns `UNDECIDED` where the role's authorizer must decide.
   */
  authorize(role: string, action: Action, uri: Uri, match: Match): Permission {
    const rules = this.#rules.get(role);
    if (rules === undefined) return DENIED;
    if (match !== "exact") return rules.permissionForPattern(action, { uri, match });
    if (action === "call" && isConsoleProcedure(uri)) return rules.hasConsole ? ALLOWED : DENIED;
    return rules.grantsFor(uri)[action];
  }

  /** The rule whose decision `authorize` returns; undefined where no rule of the role decides. */
  decisiveRule(role: string, action: Action, uri: Uri, match: Match): Pattern | undefined {
    if (action === "call" && isConsoleProcedure(uri)) return undefined;
    return this.#rules.get(role)?.ruleFor(action, { uri, match });
  }
}

/**
 * The rules of one role: exact before wildcard before the longest prefix. A matching rule decides all four actions.
 * Where no rule matches, the role's authorizer decides; without an authorizer the action is denied.
 */
class RoleRules {
  /** May its sessions call the procedures of the console? */
  readonly hasConsole: boolean;
  readonly #grants = new PatternMap<Grants>();
  readonly #fallback: Grants;
  /** Set if the decision is the same for all URIs. */
  readonly #always: Grants | undefined;
  /** action → rules that deny it */
  readonly #denying: Readonly<Record<Action, Pattern[]>> = { call: [], register: [], publish: [], subscribe: [] };
  /** Number of components of the longest wildcard rule. */
  #depth = 1;

  constructor({ permissions, authorizer, "allow-by-default": allowsByDefault, console = false }: RuleSource) {
    this.hasConsole = console;
    for (const rule of permissions) this.#grants.set(rule.match, rule.uri, grantsOf(rule));
    for (const [match, uri, grants] of this.#grants.entries()) {
      if (match === "wildcard") this.#depth = Math.max(this.#depth, uri.split(".").length);
      for (const action of ACTIONS) if (!grants[action].allow) this.#denying[action].push({ match, uri });
    }
    this.#fallback = authorizer !== undefined ? OPEN : allowsByDefault ? EVERYTHING : NOTHING;
    this.#always = this.#grants.size === 0 ? this.#fallback : undefined;
    if (this.#grants.size === 1) this.#always = this.#grants.get("prefix", "");
  }

  /** Rules that allow all actions. */
  static forEverything(): RoleRules {
    return new RoleRules({ permissions: [], "allow-by-default": true, console: true });
  }

  /** The decision of the most specific rule that matches `uri`, for each action. */
  grantsFor(uri: Uri): Grants {
    if (this.#always !== undefined) return this.#always;
    return (
      this.#grants.exact(uri) ?? this.#grants.bestWildcard(uri) ?? this.#grants.longestPrefix(uri) ?? this.#fallback
    );
  }

  /** The authorizer decides on a pattern of which the rules deny no part and do not allow all. */
  permissionForPattern(action: Action, pattern: Pattern): Permission {
    if (this.#always !== undefined) return this.#always[action];
    const permission = this.grantsFor(this.#decisiveUri(action, pattern))[action];
    return permission.allow ? ALLOWED : permission;
  }

  /** The rule that decides on a URI or pattern, if one matches. */
  ruleFor(action: Action, pattern: Pattern): Pattern | undefined {
    const decisive = this.grantsFor(pattern.match === "exact" ? pattern.uri : this.#decisiveUri(action, pattern));
    for (const [match, uri, grants] of this.#grants.entries()) if (grants === decisive) return { match, uri };
    return undefined;
  }

  /**
   * A URI of the pattern that decides on all of it. Checks one URI that only the broadest rules match, and one in the
   * overlap with each denying rule: a denying rule counts only if no more specific rule overrules it everywhere in that
   * overlap. Takes time in proportion to the denying rules.
   */
  #decisiveUri(action: Action, pattern: Pattern): Uri {
    const broadest = sharedUri(pattern, pattern, this.#depth)!;
    if (this.grantsFor(broadest)[action] === DENIED) return broadest;
    let grantable: Uri | undefined;
    for (const rule of this.#denying[action]) {
      const uri = sharedUri(pattern, rule, this.#depth);
      const permission = uri === undefined ? ALLOWED : this.grantsFor(uri)[action];
      // A grant cannot help if another rule denies without being grantable.
      if (permission === DENIED) return uri!;
      if (permission === GRANTABLE) grantable = uri;
    }
    return grantable ?? broadest;
  }
}

type RuleSource = Pick<Role, "permissions" | "allow-by-default" | "console"> & {
  readonly authorizer?: Uri | undefined;
};

const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];

function grantsOf({ allow, grantable, disclose, trustlevel }: PermissionRule): Grants {
  const denied = grantable ? GRANTABLE : DENIED;
  const permission = (isAllowed: boolean, ...how: [boolean | undefined, number?]) => {
    return isAllowed ? allowed(...how) : denied;
  };
  return {
    call: permission(allow.call, disclose.caller, trustlevel),
    // A callee must not request the disclosure that a rule forbids its callers (CID-05).
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
