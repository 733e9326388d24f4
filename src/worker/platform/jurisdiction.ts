/** Namespaces of Durable Objects that keep their data in a jurisdiction (Durable Objects: Data location). */

import type { ObjectNamespace } from "./env.ts";

/**
 * The namespace of a class, limited to a jurisdiction. Plain workerd, as `npm start` and `npm run serve` run it, has no
 * jurisdictions and throws: all objects are on this machine there. Rethrows any other error, so that no data leaves its
 * jurisdiction unnoticed.
 */
export function namespaceIn(
  namespace: ObjectNamespace,
  jurisdiction: DurableObjectJurisdiction | undefined,
): ObjectNamespace {
  if (jurisdiction === undefined || !hasJurisdictions(namespace)) return namespace;
  return namespace.jurisdiction(jurisdiction);
}

/** Whether the runtime can keep objects in a jurisdiction. */
export function hasJurisdictions(namespace: Pick<ObjectNamespace, "jurisdiction">): boolean {
  try {
    namespace.jurisdiction("eu");
    return true;
  } catch (error) {
    return !(error instanceof Error && error.message.includes("not implemented in workerd"));
  }
}
