/** Which object serves a realm, and where it lives. */

import type { RealmConfig } from "../wamp/config/realm.ts";
import type { Env } from "./env.ts";
import type { RealmObject } from "./realm-object.ts";
import type { VisitedRealm } from "./visits.ts";

/** The object of the realm `name`; a location counts only the first time, a jurisdiction always. */
export function realmObject(env: Env, name: string, config: RealmConfig): DurableObjectStub<RealmObject> {
  const { location, jurisdiction } = config;
  const namespace = jurisdiction === undefined ? env.REALM : env.REALM.jurisdiction(jurisdiction);
  return namespace.getByName(name, location === undefined ? undefined : { locationHint: location });
}

/** The same object for those who visit the realm by RPC. */
export function visitedRealm(env: Env, name: string, config: RealmConfig): VisitedRealm {
  // The platform's types for RPC know no values of any type; what is sent are plain values throughout.
  return realmObject(env, name, config) as unknown as VisitedRealm;
}
