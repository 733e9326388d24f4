/** Who may do what in a realm, as the realm asks it: URIs, rules, and the authorizers of roles (Authorization). */

import { TRUSTED } from "../config/consistency.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Action } from "../host/audit-record.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Match, UriCheck } from "../protocol/uri.ts";
import { isReservedUri, isValidUri } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { accounted } from "./audit.ts";
import type { Court } from "./authorizer.ts";
import { Authorizer } from "./authorizer.ts";
import type { RoleHost } from "./managed-roles.ts";
import { MANAGEMENT, ManagedRoles } from "./managed-roles.ts";
import { haveRates, MessageRates } from "./message-rates.ts";
import type { Permission } from "./rules.ts";
import { Authorization, UNDECIDED } from "./rules.ts";

/** What of its realm an authorizer needs; rules and URIs are known here. */
export type Surroundings = Omit<Court, "authorization" | "isPossible">;

const ALLOWED: Permission = { allow: true, disclose: undefined };

export class Access {
  readonly authorization: Authorization;
  readonly roles: ManagedRoles;
  readonly #uriCheck: UriCheck;
  readonly #surroundings: () => Surroundings;
  /** There is one where a role has one; the others' messages then pass by without a question. */
  #authorizer: Authorizer | undefined;
  #rates: MessageRates | undefined;

  constructor({ roles, options }: RealmConfig, host: RoleHost, surroundings: () => Surroundings) {
    this.authorization = new Authorization(roles);
    this.roles = new ManagedRoles(roles, host, this.authorization);
    this.#uriCheck = options.uri_check;
    this.#surroundings = surroundings;
    // Where nothing is accounted for, nothing is asked about it for each message either.
    if (options.accounting !== undefined) this.permit = accounted(this, options.accounting, surroundings);
  }

  get authorizer(): Authorizer | undefined {
    return this.#authorizer;
  }

  /** Undefined where no role has message rates. */
  get rates(): MessageRates | undefined {
    return this.#rates;
  }

  /** The roles are those in force now: from here on their authorizers are asked, and old decisions are void. */
  rolesChanged(): void {
    this.#authorizer?.forget();
    const role = (name: string) => this.authorization.role(name);
    const { host, dealer } = this.#surroundings();
    this.#rates = haveRates(this.authorization.roles()) ? new MessageRates(host, role, dealer) : undefined;
    const hasAuthorizer = [...this.authorization.roles()].some(({ authorizer }) => authorizer !== undefined);
    if (!hasAuthorizer || this.#authorizer !== undefined) return;
    const isPossible = (action: Action, uri: Uri, match: Match) => this.#isPossible(action, uri, match);
    this.#authorizer = new Authorizer({ ...this.#surroundings(), authorization: this.authorization, isPossible });
  }

  /**
   * May a role call a procedure by which roles are changed? Only rules count that name such procedures themselves: who
   * may call anything, or whom an authorizer lets, may not for that reason give himself more.
   */
  mayManage(authrole: string, procedure: Uri): boolean {
    if (authrole === TRUSTED) return true;
    const role = this.authorization.role(authrole);
    if (role === undefined) return false;
    const permissions = role.permissions.filter(({ uri }) => uri.startsWith(MANAGEMENT));
    const rules = new Authorization([{ name: authrole, permissions, "allow-by-default": false }]);
    return rules.authorize(authrole, "call", procedure, "exact").allow;
  }

  /** Decides before anything is looked up, so that a denial tells nothing of what exists (AZ-07). */
  permit(session: Session, action: Action, uri: Uri, match: Match): Permission {
    if (!this.#isPossible(action, uri, match)) {
      throw new WampError(WampUri.INVALID_URI, `${JSON.stringify(uri)} is not a URI to ${action}`);
    }
    const permission = this.authorization.authorize(session.identity.authrole, action, uri, match);
    if (permission.allow) return permission;
    // Whoever comes here without having asked gets no benefit of the doubt.
    const decided = permission === UNDECIDED ? this.#authorizer?.verdict(session, action, uri, match) : permission;
    if (decided === undefined) {
      const message = `failed to authorize ${asker(session)} to ${actionOn(action, uri, match)}`;
      throw new WampError(WampUri.AUTHORIZATION_FAILED, message);
    }
    if (!decided.allow) throw denial(session, action, uri, match, decided);
    return decided;
  }

  /** `permit` for the testament of a session that is gone; an authorizer was asked when it was left. */
  permitTestament(session: Session, topic: Uri): Permission {
    const permission = this.authorization.authorize(session.identity.authrole, "publish", topic, "exact");
    if (permission === UNDECIDED) return ALLOWED;
    if (!permission.allow) throw denial(session, "publish", topic, "exact", permission);
    return permission;
  }

  #isPossible(action: Action, uri: Uri, match: Match): boolean {
    const isReserved = (action === "publish" || action === "register") && isReservedUri(uri);
    return !isReserved && isValidUri(uri, this.#uriCheck, match);
  }
}

/** What a denied message is answered with; Crossbar.io says "not authorized to", the action and the URI, too. */
export function denial(session: Session, action: Action, uri: Uri, match: Match, denied?: Permission): WampError {
  const what = actionOn(action, uri, match);
  return denied?.isGrantable
    ? new WampError(WampUri.AUTHORIZATION_REQUIRED, `${asker(session)} needs a grant to ${what}`)
    : new WampError(WampUri.NOT_AUTHORIZED, `${asker(session)} not authorized to ${what}`);
}

function asker({ identity: { authid, authrole } }: Session): string {
  return `session (authid '${authid}', authrole '${authrole}')`;
}

function actionOn(action: Action, uri: Uri, match: Match): string {
  return `${VERBS[action]} '${uri}'${match === "exact" ? "" : ` (${match})`}`;
}

const VERBS: Readonly<Record<Action, string>> = {
  call: "call procedure",
  register: "register procedure",
  publish: "publish to topic",
  subscribe: "subscribe to topic",
};
