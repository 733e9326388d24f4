/** What callees need of the Worker: the export that serves their calls, and the service bindings they name. */

import { exports } from "cloudflare:workers";
import { type Fault, faultAt } from "../../wamp/config/shape.ts";
import { serviceFault } from "./bindings.ts";
import type { Config } from "./config-schema.ts";

/**
 * A fault for each callee without its service binding, and for all of them if the Worker does not export CalleeWorker.
 */
export function calleeFaults({ realms }: Config, env: object): Fault[] {
  const bound = new Map<string, unknown>(Object.entries(env));
  // The platform's types know the exports of a main module only where it is declared.
  const isExported = (exports as { readonly CalleeWorker?: unknown }).CalleeWorker !== undefined;
  return realms.flatMap(({ callees = [] }, realm) =>
    callees.flatMap(({ binding }, index) => {
      const path = ["realms", realm, "callees", index];
      if (!isExported) return [faultAt(path, "needs CalleeWorker among the exports of the Worker's main module")];
      if (binding === undefined || typeof bound.get(binding) === "object") return [];
      return [serviceFault([...path, "binding"], binding)];
    }),
  );
}
