/** Decides whether a session may perform an action: URI checks, rules, authorizers, message rates (Authorization). */

import type { RealmConfig } from "../config/realm.ts";
import { TRUSTED } from "../config/trusted.ts";
import type { Host } from "../host/host.ts";
import type { TapSelection } from "../monitoring/tap.ts";
import type { Action } from "../protocol/action.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { isReservedUri, isValidUri, type Match, type UriCheck } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { Session } from "../session/session.ts";
import { ALLOWED_VERDICT, Audit, recordTap } from "./audit.ts";
import type { AuthorizerContext } from "./dynamic-authorizer.ts";
import { Authorizer } from "./dynamic-authorizer.ts";
import { MANAGEMENT, ManagedRoles } from "./managed-roles.ts";
import { haveRates, MessageRates } from "./message-rates.ts";
import type { Permission } from "./permission-rules.ts";
import { Authorization, UNDECIDED } from "./permission-rules.ts";

/** The parts of a realm that access control uses; it adds rules and URI checks itself. */
export interface AccessContext
  extends Pick<AuthorizerContext, "records" | "dealer" | "subscriptions" | "receive" | "overflow"> {
  /** Makes the caller for authorizers, which has the role `trusted`. */
  newCaller(authorization: Authorization): ProcedureCaller;
  /** The number of objects over which the sessions of a role are spread; 1 by default. */
  readonly objects?: number | undefined;
  /** Says whether calls of a procedure need `mayManage`, too. */
  isManagementProcedure(uri: Uri): boolean;
}

const ALLOWED: Permission = { allow: true, disclose: undefined };

/** The access rules of one realm, as they are now. */
export class AccessControl {
  readonly authorization: Authorization;
  readonly roles: ManagedRoles;
  readonly #realm: Uri;
  readonly #config: RealmConfig;
  readonly #uriCheck: UriCheck;
  readonly #host: Host;
  readonly #context: AccessContext;
  readonly #audit: Audit | undefined;
  readonly #authenticators: ReadonlySet<Uri>;
  #authorizer: Authorizer | undefined;
  #rates: MessageRates | undefined;

  constructor(realm: Uri, config: RealmConfig, host: Host, context: AccessContext) {
    const { roles, options } = config;
    this.authorization = new Authorization(roles);
    this.roles = new ManagedRoles(roles, host, this.authorization);
    this.#realm = realm;
    this.#config = config;
    this.#uriCheck = options.uri_check;
    this.#host = host;
    this.#context = context;
    this.#audit = options.accounting && new Audit(options.accounting, realm, host);
    this.#authenticators = new Set(authenticatorsIn(config.auth));
    this.rolesChanged();
  }

  /** Undefined while no role has had an authorizer; messages then skip that step. */
  get authorizer(): Authorizer | undefined {
    return this.#authorizer;
  }

  /** Undefined where no role has message rates. */
  get rates(): MessageRates | undefined {
    return this.#rates;
  }

  /**
   * Says whether calls of a procedure carry credentials. An authenticator gets tickets and gives secrets, and both
   * authenticators and authorizers get the headers of HTTP requests.
   */
  carriesCredentials(procedure: Uri): boolean {
    if (this.#authenticators.has(procedure)) return true;
    for (const { authorizer } of this.authorization.roles()) if (authorizer === procedure) return true;
    return false;
  }

  /** Records that a session starts to see the messages of others, or with a `cause` that it ends to. */
  recordTap(session: Session, selection: TapSelection, cause?: string): void {
    recordTap(this.#realm, this.#host, session, selection, cause);
  }

  /** Adopts the roles that `authorization` has now: drops cached decisions, and makes rates and authorizer anew. */
  rolesChanged(): void {
    this.#authorizer?.forget();
    const role = (name: string) => this.authorization.role(name);
    const { dealer, objects } = this.#context;
    this.#rates = haveRates(this.authorization.roles())
      ? new MessageRates(this.#host, role, dealer, objects)
      : undefined;
    const hasAuthorizer = [...this.authorization.roles()].some(({ authorizer }) => authorizer !== undefined);
    if (!hasAuthorizer || this.#authorizer !== undefined) return;
    this.#authorizer = new Authorizer({
      ...this.#context,
      realm: this.#realm,
      host: this.#host,
      limits: this.#config.limits,
      authorization: this.authorization,
      caller: this.#context.newCaller(this.authorization),
      isValidFor: (action, uri, match) => this.isValidFor(action, uri, match),
    });
  }

  /**
   * May a role call a procedure that changes roles? Only rules for URIs that begin with `wamp.edge.` count: a role that
   * may call everything, or has an authorizer, could otherwise extend its own permissions.
   */
  mayManage(authrole: string, procedure: Uri): boolean {
    if (authrole === TRUSTED) return true;
    const role = this.authorization.role(authrole);
    if (role === undefined) return false;
    const permissions = role.permissions.filter(({ uri }) => uri.startsWith(MANAGEMENT));
    const rules = new Authorization([{ name: authrole, permissions, "allow-by-default": false }]);
    return rules.authorize(authrole, "call", procedure, "exact").allow;
  }

  /**
   * Permits an action, or throws WampError: `invalid_uri`, `not_authorized`, `authorization_required` or
   * `authorization_failed`. Looks nothing up, so a denial does not tell whether the procedure or topic exists (AZ-07).
   */
  permit(session: Session, action: Action, uri: Uri, match: Match): Permission {
    return this.#audit === undefined
      ? this.decide(session, action, uri, match)
      : this.#decideAndRecord(this.#audit, session, action, uri, match);
  }

  /** `permit` for the testament of an ended session. Its authorizer decided when the session added the testament. */
  permitTestament(session: Session, topic: Uri): Permission {
    const permission = this.authorization.authorize(session.identity.authrole, "publish", topic, "exact");
    if (permission === UNDECIDED) return ALLOWED;
    if (!permission.allow) throw createDenial(session, "publish", topic, "exact", permission);
    return permission;
  }

  /**
   * `permit` without a record. `findVerdict` finds the verdict of the authorizer, where the rules leave the action to
   * it; by default it is that on the message which is being routed.
   */
  decide(
    session: Session,
    action: Action,
    uri: Uri,
    match: Match,
    findVerdict?: () => Permission | undefined,
  ): Permission {
    if (!this.isValidFor(action, uri, match)) {
      throw new WampError(WampUri.INVALID_URI, `${JSON.stringify(uri)} is not a URI to ${action}`);
    }
    const permission = this.authorization.authorize(session.identity.authrole, action, uri, match);
    if (permission.allow) return permission;
    let decided: Permission | undefined = permission;
    if (permission === UNDECIDED) {
      decided = findVerdict ? findVerdict() : this.#authorizer?.findDecision(session, action, uri, match);
    }
    // No rule and no verdict of an authorizer: deny.
    if (decided === undefined) {
      const message = `failed to authorize ${describeSession(session)} to ${describeAction(action, uri, match)}`;
      throw new WampError(WampUri.AUTHORIZATION_FAILED, message);
    }
    if (!decided.allow) throw createDenial(session, action, uri, match, decided);
    return decided;
  }

  #decideAndRecord(audit: Audit, session: Session, action: Action, uri: Uri, match: Match): Permission {
    try {
      const permission = this.decide(session, action, uri, match);
      // Management procedures check `mayManage` later and answer `not_authorized` themselves.
      const isManagement = action === "call" && this.#context.isManagementProcedure(uri);
      const isDenied = isManagement && !this.mayManage(session.identity.authrole, uri);
      audit.record(session, action, uri, match, isDenied ? WampUri.NOT_AUTHORIZED : ALLOWED_VERDICT);
      return permission;
    } catch (error) {
      if (error instanceof WampError) audit.record(session, action, uri, match, error.uri);
      throw error;
    }
  }

  /** Has `uri` the form that the realm's configuration asks of URIs? */
  isUri(uri: string): boolean {
    return isValidUri(uri, this.#uriCheck);
  }

  /** Is the URI well-formed for the action, and not reserved for the router? */
  isValidFor(action: Action, uri: Uri, match: Match): boolean {
    const isReserved = (action === "publish" || action === "register") && isReservedUri(uri);
    return !isReserved && isValidUri(uri, this.#uriCheck, match);
  }
}

/** Makes the error of a denied action. Its text has the words of Crossbar.io: "not authorized to", action, URI. */
export function createDenial(
  session: Session,
  action: Action,
  uri: Uri,
  match: Match,
  permission?: Permission,
): WampError {
  const what = describeAction(action, uri, match);
  return permission?.isGrantable
    ? new WampError(WampUri.AUTHORIZATION_REQUIRED, `${describeSession(session)} needs a grant to ${what}`)
    : new WampError(WampUri.NOT_AUTHORIZED, `${describeSession(session)} not authorized to ${what}`);
}

function describeSession({ identity: { authid, authrole } }: Session): string {
  return `session (authid '${authid}', authrole '${authrole}')`;
}

function describeAction(action: Action, uri: Uri, match: Match): string {
  return `${VERBS[action]} '${uri}'${match === "exact" ? "" : ` (${match})`}`;
}

const VERBS: Readonly<Record<Action, string>> = {
  call: "call procedure",
  register: "register procedure",
  publish: "publish to topic",
  subscribe: "subscribe to topic",
};

/** Lists the procedures that authenticate clients, at any depth of the settings of methods. */
function authenticatorsIn(settings: unknown): Uri[] {
  if (typeof settings !== "object" || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) => {
    return key === "authenticator" && typeof value === "string" ? [value] : authenticatorsIn(value);
  });
}
