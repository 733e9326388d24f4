/** What callees need of the Worker: the export that serves their calls, and the service bindings they name. */

import { exports } from "cloudflare:workers";
import { type Fault, faultAt } from "../../wamp/config/shape.ts";
import { realmEntries, serviceFaults } from "./bindings.ts";

/**
 * A fault for each callee without its service binding, or for all of them if the Worker does not export CalleeWorker.
 * `config` may have other faults.
 */
export function calleeFaults(config: unknown, env: object): Fault[] {
  const bound = new Map<string, unknown>(Object.entries(env));
  // The platform's types know the exports of a main module only where it is declared.
  const isExported = (exports as { readonly CalleeWorker?: unknown }).CalleeWorker !== undefined;
  if (isExported) return serviceFaults(config, (binding) => typeof bound.get(binding) === "object");
  return realmEntries(config, "callees").map(([, path]) => {
    return faultAt(path, "needs CalleeWorker among the exports of the Worker's main module");
  });
}
