/** Who may do what: the static rules of a realm's roles (Authorization). */

import type { Uri } from "./message.ts";
import { PatternMap } from "./pattern-map.ts";
import { sharedUri } from "./pattern-overlap.ts";
import type { Pattern } from "./permission-config.ts";
import type { PermissionRule, Role } from "./realm-config.ts";
import { TRUSTED } from "./realm-consistency.ts";
import type { Match } from "./uri.ts";

/** The four things a session must be permitted (Authorization: Actions). */
export type Action = "call" | "register" | "publish" | "subscribe";

/** A decision. `disclose` is always, never, or, if undefined, as the caller or publisher asks. */
export interface Permission {
  readonly allow: boolean;
  readonly disclose: boolean | undefined;
  /** How far the caller or publisher is trusted, 0 the least; absent where no rule says (Call and Publication Trust Levels). */
  readonly trustlevel?: number;
}

type Grants = Readonly<Record<Action, Permission>>;

const DENIED: Permission = { allow: false, disclose: undefined };
const ALLOWED: Permission = { allow: true, disclose: undefined };
const ALLOWED_DISCLOSED: Permission = { allow: true, disclose: true };
const ALLOWED_HIDDEN: Permission = { allow: true, disclose: false };

const NOTHING: Grants = { call: DENIED, register: DENIED, publish: DENIED, subscribe: DENIED };
const EVERYTHING: Grants = { call: ALLOWED, register: ALLOWED, publish: ALLOWED, subscribe: ALLOWED };

/** The roles of a realm. The built-in role `trusted` may do everything, a role nobody configured nothing. */
export class Authorization {
  readonly #roles = new Map<string, RoleRules>();

  constructor(roles: readonly Role[]) {
    for (const role of roles) this.#roles.set(role.name, new RoleRules(role));
    this.#roles.set(TRUSTED, RoleRules.forEverything());
  }

  hasRole(name: string): boolean {
    return this.#roles.has(name);
  }

  /**
   * Whether sessions of `role` may perform `action` on `uri`, which must be valid under `match`. A pattern is allowed
   * only if every URI it can match would be: a broad subscription brings no topic the role could not subscribe to one
   * by one, and a broad registration no call it could not register for. The permission is shared: compare, don't keep.
   */
  authorize(role: string, action: Action, uri: Uri, match: Match): Permission {
    const rules = this.#roles.get(role);
    if (rules === undefined) return DENIED;
    return match === "exact" ? rules.grantsFor(uri)[action] : rules.permissionForPattern(action, { uri, match });
  }
}

/** The rules of one role: exact before wildcard before the longest prefix; what no rule matches is denied. */
class RoleRules {
  readonly #grants = new PatternMap<Grants>();
  readonly #fallback: Grants;
  /** The answer for every URI, where there is only one. */
  readonly #always: Grants | undefined;
  /** Action → the rules that deny it. */
  readonly #denying: Readonly<Record<Action, Pattern[]>> = { call: [], register: [], publish: [], subscribe: [] };
  /** Components of the longest wildcard rule. */
  #depth = 1;

  constructor({ permissions, "allow-by-default": allowsByDefault }: Omit<Role, "name">) {
    for (const rule of permissions) this.#grants.set(rule.match, rule.uri, grantsOf(rule));
    for (const [match, uri, grants] of this.#grants.entries()) {
      if (match === "wildcard") this.#depth = Math.max(this.#depth, uri.split(".").length);
      for (const action of ACTIONS) if (!grants[action].allow) this.#denying[action].push({ match, uri });
    }
    this.#fallback = allowsByDefault ? EVERYTHING : NOTHING;
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
   * better one overrules it everywhere in that overlap. This takes time in proportion to the denying rules.
   */
  permissionForPattern(action: Action, pattern: Pattern): Permission {
    if (this.#always !== undefined) return this.#always[action];
    const allows = (rule: Pattern): boolean => {
      const uri = sharedUri(pattern, rule, this.#depth);
      return uri === undefined || this.grantsFor(uri)[action].allow;
    };
    if (!allows(pattern) || !this.#denying[action].every(allows)) return DENIED;
    return ALLOWED;
  }
}

const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];

function grantsOf({ allow, disclose, trustlevel }: PermissionRule): Grants {
  return {
    call: permission(allow.call, disclose.caller, trustlevel),
    register: allow.register ? ALLOWED : DENIED,
    publish: permission(allow.publish, disclose.publisher, trustlevel),
    subscribe: allow.subscribe ? ALLOWED : DENIED,
  };
}

function permission(allow: boolean, disclose: boolean | undefined, trustlevel: number | undefined): Permission {
  if (!allow) return DENIED;
  if (trustlevel !== undefined) return { allow, disclose, trustlevel };
  if (disclose === undefined) return ALLOWED;
  return disclose ? ALLOWED_DISCLOSED : ALLOWED_HIDDEN;
}
