/** Starts what a target names. */

import type { Settings } from "../scenarios/settings.ts";
import { startCheckout } from "./checkout-router.ts";
import { startRelay } from "./relay-router.ts";
import type { RunningRouter } from "./running-router.ts";
import { startSplitRouter } from "./split-router.ts";
import type { Target } from "./target.ts";

/** Returns a router that is listening; one that is given by URL is taken to be. `settings` may set limits of its realm. */
export async function startTarget(target: Target, settings: Settings): Promise<RunningRouter> {
  if (target.kind === "relay") return startRelay(target.name);
  if (target.kind === "checkout") return startCheckout(target.name, target.folder, settings);
  if (target.kind === "core") return startSplitRouter(target.name, settings);
  const { name, url, pid, serializers } = target;
  return {
    name,
    socketUrl: (realm) => url.replace("{realm}", realm),
    origin: undefined,
    pid,
    serializers: new Set(serializers),
    close: async () => {},
  };
}
