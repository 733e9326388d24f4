/** Realms that no client can ever log in to, because the authenticator that decides can never be there. */

import { listOf } from "../../wamp/config/consistency.ts";
import { type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";

const NO_WAY_IN =
  "has no way in: a session has to register it, and every method of this realm asks an authenticator first; " +
  "add a static method for the client that registers it, a component or a callee";

/**
 * An authenticator is a procedure, which a session of its realm, a component or a callee offers. Where all methods are
 * dynamic and only a client could offer it, a fault for each of them; the realm is as written, at `path`.
 */
export function loginFaults(realm: unknown, path: Path): Fault[] {
  if (!isDict(realm) || !isDict(realm.auth) || listOf(realm.components).length > 0) return [];
  const methods = Object.entries(realm.auth).filter(([method]) => method !== "cookie");
  if (methods.some(([, settings]) => admitsWithoutAsking(settings))) return [];
  const asking = methods.filter(([, settings]) => isDict(settings) && settings.type === "dynamic");
  const callees = listOf(realm.callees);
  if (asking.some(([, settings]) => callees.some((callee) => isOffered(settings, callee)))) return [];
  return asking.map(([method]) => faultAt([...path, "auth", method, "authenticator"], NO_WAY_IN));
}

/**
 * Whether a client can log in by a method before an authenticator is there; a method of the wrong shape has its own
 * fault.
 */
function admitsWithoutAsking(settings: unknown): boolean {
  if (!isDict(settings)) return true;
  const principals = settings.principals ?? settings.users;
  return settings.type !== "dynamic" && !(isDict(principals) && Object.keys(principals).length === 0);
}

/** Whether the callee may offer the authenticator of a dynamic method. */
function isOffered(settings: unknown, callee: unknown): boolean {
  if (!isDict(callee) || !isDict(settings)) return false;
  const [procedure, authenticator] = [String(callee.procedure), String(settings.authenticator)];
  if (callee.match === "wildcard") return true;
  return callee.match === "prefix" ? authenticator.startsWith(procedure) : authenticator === procedure;
}
