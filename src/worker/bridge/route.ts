/** Which action in which realm a request of the HTTP bridge is for. */

import type { Config } from "../config/config-schema.ts";
import { onlyRealm } from "../config/realm-lookup.ts";

/** What the bridge does for a client. */
export type BridgeAction = "publish" | "call";

/** The action and the realm of one request. */
export interface BridgeRoute {
  readonly action: BridgeAction;
  readonly realm: string;
}

/**
 * Matches a path against the routes of `http.bridge`; undefined where none matches. A route without `:realm` is for the
 * only realm.
 */
export function configuredRoute(path: string, config: Config): BridgeRoute | undefined {
  const bridge = config.http?.bridge;
  if (bridge === undefined) return undefined;
  for (const action of ["publish", "call"] as const) {
    const realm = realmIn(path, bridge[action]) ?? undefined;
    if (realm !== undefined) return { action, realm: realm === "" ? (onlyRealm(config)?.name ?? "") : realm };
  }
  return undefined;
}

/** The realm in a path, "" for a route without `:realm`; undefined if the path does not match. */
function realmIn(path: string, route: string): string | undefined {
  const places = route.split("/");
  const parts = path.split("/");
  if (parts.length !== places.length) return undefined;
  if (!places.every((place, index) => place === ":realm" || place === parts[index])) return undefined;
  const at = places.indexOf(":realm");
  return at < 0 ? "" : decode(parts[at]!);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
