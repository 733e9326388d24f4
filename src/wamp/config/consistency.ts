/**
 * Checks of a realm's configuration that its schema cannot express. They read the configuration as written and skip
 * values of a wrong shape, so that these faults are listed together with those of the shape.
 */

import { isMatch } from "../protocol/uri.ts";
import { type Dict, isDict } from "../protocol/values.ts";
import { readPattern } from "./permission.ts";
import { type Fault, faultAt, type Path } from "./shape.ts";
import { TRUSTED } from "./trusted.ts";

/** Keys under `auth` whose text is the name of a role. */
const ROLE_KEYS = ["role", "default-role", "authenticator-role"];

/** All faults of the realm written at `path` that its schema cannot see. */
export function realmFaults(realm: unknown, path: Path = []): Fault[] {
  if (!isDict(realm)) return [];
  const roles = listOf(realm.roles);
  return [
    ...duplicates(roles.map(nameOf), (index) => [...path, "roles", index, "name"]),
    ...roles.flatMap((role, index) => roleFaults(role, [...path, "roles", index])),
    ...(isDict(realm.auth) ? authFaults(realm.auth, realm.name, new Set(roles.map(nameOf)), [...path, "auth"]) : []),
  ];
}

/** A fault for each name that an earlier entry has; `undefined` is no name. */
export function duplicates(names: readonly (string | undefined)[], pathOf: (index: number) => Path): Fault[] {
  const firstByName = new Map<string, number>();
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    const first = firstByName.get(name);
    if (first !== undefined) return [faultAt(pathOf(index), `is the same as that of entry ${first}`)];
    firstByName.set(name, index);
    return [];
  });
}

/** The value if it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The `name` of an entry, if it has one. */
export function nameOf(entry: unknown): string | undefined {
  return isDict(entry) ? textOf(entry.name) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** All faults of the role written at `path` that its schema cannot see. */
export function roleFaults(role: unknown, path: Path = []): Fault[] {
  if (!isDict(role)) return [];
  const rules = listOf(role.permissions);
  const faults = duplicates(rules.map(patternOf), (index) => [...path, "permissions", index, "uri"]);
  // Crossbar.io ignores it beside permissions or authorizer; here it would open the role wider than its file did.
  if (role["allow-by-default"] === true && (role.permissions !== undefined || role.authorizer !== undefined)) {
    const message = 'is for roles with neither permissions nor authorizer; add a rule { "uri": "", "match": "prefix" }';
    faults.push(faultAt([...path, "allow-by-default"], message));
  }
  return faults;
}

/** Match and URI as one text, equal for two rules only if one of them can never apply. */
function patternOf(rule: unknown): string | undefined {
  if (!isDict(rule) || typeof rule.uri !== "string") return undefined;
  if (rule.match !== undefined && !isMatch(rule.match)) return undefined;
  const pattern = readPattern(rule.uri, rule.match);
  return typeof pattern === "string" ? undefined : `${pattern.match} ${pattern.uri}`;
}

function authFaults(auth: Dict, realm: unknown, roles: ReadonlySet<string | undefined>, path: Path): Fault[] {
  const { anonymous } = auth;
  const lacksDefault =
    isDict(anonymous) && anonymous.type === "static" && anonymous.role === undefined && !roles.has("anonymous");
  return [
    ...roleReferenceFaults(auth, roles, path),
    ...(lacksDefault
      ? [faultAt([...path, "anonymous", "role"], 'is "anonymous" by default, a role this realm does not have')]
      : []),
    ...Object.entries(auth).flatMap(([method, settings]) =>
      isDict(settings) ? methodFaults(settings, realm, [...path, method]) : [],
    ),
  ];
}

/**
 * A static principal needs a role of its own or a default. An authenticator of another realm cannot be called: that
 * realm is another object.
 */
function methodFaults(settings: Dict, realm: unknown, path: Path): Fault[] {
  const { "authenticator-realm": other = realm, "default-role": defaultRole } = settings;
  if (other !== realm)
    return [faultAt([...path, "authenticator-realm"], "must be this realm; others are not supported")];
  if (defaultRole !== undefined) return [];
  return ["principals", "users"].flatMap((key) => {
    const principals = settings[key];
    return Object.entries(isDict(principals) ? principals : {})
      .filter(([, principal]) => isDict(principal) && principal.role === undefined)
      .map(([name]) => faultAt([...path, key, name], "needs a role, or its method a default-role"));
  });
}

/** A fault for each role that is named below `value` and not among `roles`, the names of the realm's roles. */
export function roleReferenceFaults(value: unknown, roles: ReadonlySet<string | undefined>, path: Path): Fault[] {
  return roleNames(value, path).flatMap(([name, at]) => {
    const isKnown = roles.has(name) || (name === TRUSTED && at.at(-1) === "authenticator-role");
    return isKnown ? [] : [faultAt(at, `is ${JSON.stringify(name)}, a role this realm does not have`)];
  });
}

/** Every role named below `value`, with its path. */
function roleNames(value: unknown, path: Path): [name: string, path: Path][] {
  if (!isDict(value)) return [];
  return Object.entries(value).flatMap(([key, inner]): [string, Path][] => {
    if (ROLE_KEYS.includes(key) && typeof inner === "string") return [[inner, [...path, key]]];
    return roleNames(inner, [...path, key]);
  });
}
