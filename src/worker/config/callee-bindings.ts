/** What callees need of the Worker they are a part of: its own export that serves calls, and the bindings they name. */

import { exports } from "cloudflare:workers";
import { type Fault, faultAt } from "../../wamp/config/shape.ts";
import type { Job } from "../realm/callee-session.ts";
import { serviceFault } from "./bindings.ts";
import type { Config } from "./config.ts";

interface Loopback {
  readonly CalleeWorker?: { work(job: Job, ticket: string): Promise<void> };
}

/** Has this Worker itself, in an invocation of its own, begin the work on a call; `ticket` admits its WebSocket. */
export function startWork(job: Job, ticket: string): Promise<void> {
  return loopback().CalleeWorker!.work(job, ticket);
}

/** A fault for each callee that has not what it needs. */
export function calleeFaults({ realms }: Config, env: object): Fault[] {
  const bound = new Map<string, unknown>(Object.entries(env));
  const isExported = loopback().CalleeWorker !== undefined;
  return realms.flatMap(({ callees = [] }, realm) =>
    callees.flatMap(({ binding }, index) => {
      const path = ["realms", realm, "callees", index];
      if (!isExported) return [faultAt(path, "needs CalleeWorker among the exports of the Worker's main module")];
      if (binding === undefined || typeof bound.get(binding) === "object") return [];
      return [serviceFault([...path, "binding"], binding)];
    }),
  );
}

function loopback(): Loopback {
  // The platform's types know the exports of a main module only where it is declared.
  return exports as unknown as Loopback;
}
