/** The platform's time, for components; a realm stays awake while they work. */

import { thrown } from "../../wamp/host/log-line.ts";
import { writeLog } from "../platform/log.ts";
import type { Timing } from "./component-host.ts";
import { KeepAwake } from "./keep-awake.ts";

let logsRejections = false;

/** Logs rejections of promises that a component does not await: the platform does not report them. */
function logRejections(): void {
  if (logsRejections) return;
  logsRejections = true;
  addEventListener("unhandledrejection", ({ reason }) => {
    writeLog({ level: "error", event: "rejection.uncaught", ...thrown(reason) });
  });
}

/** The time of the components of one realm; `hasComponents` says whether it has any. */
export function platformTiming(hasComponents: boolean): Timing {
  if (hasComponents) logRejections();
  const keepAwake = new KeepAwake();
  return {
    now: () => Date.now(),
    after: (milliseconds, act) => void setTimeout(act, milliseconds),
    wait: (milliseconds) => scheduler.wait(milliseconds),
    keepAwake: (work) => keepAwake.until(work),
  };
}
