/** Which object serves a realm, and where it lives. */

import type { RealmConfig } from "../../wamp/config/realm.ts";
import type { Env } from "../platform/env.ts";
import type { RealmObject } from "../realm/realm-object.ts";
import { readAnswer, type VisitedRealm } from "../realm/rpc.ts";

/**
 * The objects of a class that stay in a jurisdiction. Workerd by itself, as `npm start` and `npm run serve` run it, has
 * none and throws: there all objects are on this machine. Any other fault is thrown on, so that no data leaves its
 * jurisdiction unnoticed.
 */
export function namespaceIn<T extends Rpc.DurableObjectBranded | undefined>(
  namespace: DurableObjectNamespace<T>,
  jurisdiction: RealmConfig["jurisdiction"],
): DurableObjectNamespace<T> {
  if (jurisdiction === undefined || !hasJurisdictions(namespace)) return namespace;
  return namespace.jurisdiction(jurisdiction);
}

/** Whether the runtime can keep objects in a jurisdiction. */
export function hasJurisdictions(namespace: Pick<DurableObjectNamespace, "jurisdiction">): boolean {
  try {
    namespace.jurisdiction("eu");
    return true;
  } catch (error) {
    return !(error instanceof Error && error.message.includes("not implemented in workerd"));
  }
}

/** The object of the realm `name`; a location counts only the first time, a jurisdiction always. */
export function realmObject(env: Env, name: string, config: RealmConfig): DurableObjectStub<RealmObject> {
  const { location, jurisdiction } = config;
  return namespaceIn(env.REALM, jurisdiction).getByName(
    name,
    location === undefined ? undefined : { locationHint: location },
  );
}

/** The same object for those who visit the realm by RPC. */
export function visitedRealm(env: Env, name: string, config: RealmConfig): VisitedRealm {
  // The platform's types for RPC know no values of any type; what is sent are plain values throughout.
  const realm = realmObject(env, name, config) as unknown as VisitedRealm;
  return {
    call: async (...visit) => readAnswer(await realm.call(...visit)),
    publish: async (...visit) => readAnswer(await realm.publish(...visit)),
    cancel: (id) => realm.cancel(id),
  };
}
