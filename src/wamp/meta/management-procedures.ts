/** The procedures that change roles and their rules at run time; not part of WAMP, hence `wamp.edge.`. */

import { createDenial } from "../authorization/access-control.ts";
import { UNDECIDED } from "../authorization/permission-rules.ts";
import { readPattern } from "../config/permission.ts";
import { type PermissionRule, parseRole, type Role } from "../config/realm.ts";
import type { Fault } from "../config/shape.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { Payload } from "../protocol/payload.ts";
import { isMatch, type Pattern } from "../protocol/uri.ts";
import { type Dict, isDict, type Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString, optionalArgument } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";

/**
 * Roles and rules have the form of the configuration. A change applies to the next message of every session, survives
 * sleep and restarts, and replaces the role of the configuration until it is reset. It revokes the subscriptions and
 * registrations that the new rules deny. Only for sessions whose role has a rule for `wamp.edge.` itself
 * (`AccessControl.mayManage`). Errors: not_authorized, invalid_argument with the faults, limit_exceeded,
 * nothing_to_manage.
 */
export const MANAGEMENT_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.edge.role.list": (context) => Payload.of([[...context.access.authorization.roles()].map(nameOf).sort()]),
  "wamp.edge.role.get": (context, _, payload) => Payload.of([roleArgument(context, payload)]),
  "wamp.edge.role.add": addRole,
  "wamp.edge.role.remove": removeRole,
  "wamp.edge.role.reset": resetRole,
  "wamp.edge.permission.list": listPermissions,
  "wamp.edge.permission.add": addPermission,
  "wamp.edge.permission.remove": removePermission,
};

/** Says whether a procedure changes or shows roles, and asks for a rule of its own. */
export function isManagementProcedure(uri: Uri): boolean {
  return Object.hasOwn(MANAGEMENT_PROCEDURES, uri);
}

/** Throws not_authorized for one of these procedures, unless the role of the caller has a rule for it. */
export function checkManager({ access }: MetaContext, caller: Session, uri: Uri): void {
  if (!isManagementProcedure(uri) || access.mayManage(caller.identity.authrole, uri)) return;
  throw createDenial(caller, "call", uri, "exact");
}

/** (name) and optionally a dict of the other keys of a role: adds the role, or replaces the one of that name. */
function addRole(context: MetaContext, caller: Session, payload: Payload): MetaReply {
  const name = argument(payload, 0, "name", isString);
  const rest = optionalArgument(payload, 1, "role", isDict) ?? {};
  return changeRoles(context, () => {
    const role = checkRole({ ...rest, name });
    checkConsole(context, caller, role);
    context.access.roles.set(role);
  });
}

/**
 * A role gets `console` only from a session that has it: otherwise a session that manages roles could let itself see
 * the messages of all others. A role that has it may keep it.
 */
function checkConsole({ access: { authorization } }: MetaContext, caller: Session, { name, console }: Role): void {
  if (console !== true || authorization.hasConsole(name)) return;
  if (authorization.hasConsole(caller.identity.authrole)) return;
  throw new WampError(WampUri.NOT_AUTHORIZED, "only a session whose role has console may add a role with console");
}

function removeRole(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const { name } = roleArgument(context, payload);
  return changeRoles(context, () => context.access.roles.remove(name));
}

function resetRole(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const name = argument(payload, 0, "name", isString);
  return changeRoles(context, () => context.access.roles.reset(name));
}

function listPermissions(context: MetaContext, _: Session, payload: Payload): Payload {
  return Payload.of([roleArgument(context, payload).permissions]);
}

/** (role, rule): replaces the rule for the same URI and match, or adds one. */
function addPermission(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const role = roleArgument(context, payload);
  const rule: Dict = argument(payload, 1, "permission", isDict);
  const [added] = checkRole({ name: role.name, permissions: [rule] }).permissions;
  return changeRoles(context, () => context.access.roles.set(withRules(role, [...rulesBut(role, added!), added!])));
}

/** (role, uri, options): with `match` in the options the URI is literal; without, it may have stars, as in a rule. */
function removePermission(context: MetaContext, _: Session, payload: Payload): MetaReply {
  const role = roleArgument(context, payload);
  const uri = argument(payload, 1, "uri", isString);
  const match = optionalArgument(payload, 2, "options", isDict)?.match ?? undefined;
  const pattern = match === undefined || isMatch(match) ? readPattern(uri, match) : "match is invalid";
  if (typeof pattern === "string") throw new WampError(WampUri.INVALID_ARGUMENT, pattern);
  const rest = rulesBut(role, pattern);
  if (rest.length === role.permissions.length) throw new WampError(WampUri.NOTHING_TO_MANAGE, "there is no such rule");
  return changeRoles(context, () => context.access.roles.set(withRules(role, rest)));
}

/** Makes the change; answers when it is in force everywhere. After the answer, revokes what sessions may not hold any more. */
function changeRoles(context: MetaContext, change: () => void): MetaReply {
  change();
  context.access.rolesChanged();
  const { observer } = context.access.roles;
  const afterwards = (): void => revokeDenied(context);
  return { payload: Payload.NONE, afterwards, ...(observer && { when: observer.whenSpread.bind(observer) }) };
}

/** Revokes the subscriptions and registrations that the new rules deny, and ends the taps of roles that lost the console. */
export function revokeDenied(context: MetaContext): void {
  const { broker, dealer, access } = context;
  for (const session of [...context.sessionById.values()]) {
    const { authrole } = session.identity;
    for (const subscription of [...broker.subscriptions.heldBy(session).values()]) {
      const permission = access.authorization.authorize(authrole, "subscribe", subscription.topic, subscription.match);
      if (isDenied(permission)) broker.revoke(subscription, session, WampUri.NOT_AUTHORIZED);
    }
    for (const registration of [...dealer.registrations.heldBy(session).values()]) {
      const { procedure, match } = registration;
      const permission = access.authorization.authorize(authrole, "register", procedure, match);
      if (isDenied(permission)) dealer.revoke(registration, session, WampUri.NOT_AUTHORIZED);
    }
  }
  context.monitor.taps.endDenied(({ identity }) => access.authorization.hasConsole(identity.authrole));
}

/** Subscriptions and registrations that an authorizer has allowed stay. */
function isDenied(permission: { readonly allow: boolean }): boolean {
  return !permission.allow && permission !== UNDECIDED;
}

function roleArgument(context: MetaContext, payload: Payload): Role {
  const role = context.access.authorization.role(argument(payload, 0, "role", isString));
  if (role === undefined) throw new WampError(WampUri.NOTHING_TO_MANAGE, "there is no such role");
  return role;
}

function checkRole(input: Dict): Role {
  const role = parseRole(input);
  if (!role.ok) throw new WampError(WampUri.INVALID_ARGUMENT, role.faults.map(textOf).join("; "));
  if (role.value.permissions.some(({ validate }) => validate !== undefined)) {
    throw new WampError(WampUri.FEATURE_NOT_SUPPORTED, "payload validation is not built yet");
  }
  return role.value;
}

function withRules(role: Role, permissions: readonly PermissionRule[]): Role {
  return checkRole({ ...role, permissions });
}

function rulesBut({ permissions }: Role, { uri, match }: Pattern): PermissionRule[] {
  return permissions.filter((rule) => rule.uri !== uri || rule.match !== match);
}

function nameOf({ name }: Role): string {
  return name;
}

function textOf({ path, message }: Fault): string {
  return `${path} ${message}`;
}
