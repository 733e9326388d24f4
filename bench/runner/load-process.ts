/** Runs the load generator in a process of its own: no run inherits compiled code, memory or sockets of another. */

import { fork } from "node:child_process";
import { join } from "node:path";
import type { Figures } from "../scenarios/figures.ts";
import type { Settings } from "../scenarios/settings.ts";

/** What the process has to do. */
export interface LoadOrder {
  /** A name of `SCENARIOS`. */
  readonly scenario: string;
  readonly socketUrl: string;
  /** Where callees and subscribers join. */
  readonly farSocketUrl: string;
  readonly origin: string | undefined;
  readonly realm: string;
  readonly pid: number | undefined;
  /** Of callers and publishers, of callees and subscribers. */
  readonly serializers: readonly [near: string, far: string];
  readonly settings: Settings;
}

/** What the process says: figures, or why it has none. */
export type LoadReport =
  | { readonly figures: Figures; readonly firstError: string | undefined }
  | { readonly failure: string };

const PROGRAM = join(import.meta.dirname, "load.ts");
/** Milliseconds that a run may take beyond its warm-up, its duration and its idle time. */
const TIMEOUT_MS = 120_000;

/** Runs one scenario. A process that ends without a report, or takes too long, is a failure. */
export function runLoad(order: LoadOrder): Promise<LoadReport> {
  const { warmupMs, durationMs, idleMs } = order.settings;
  const child = fork(PROGRAM, { serialization: "advanced" });
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => {
        resolve({ failure: "the run takes too long" });
        child.kill("SIGKILL");
      },
      TIMEOUT_MS + warmupMs + durationMs + idleMs,
    );
    child.once("message", (report: LoadReport) => resolve(report));
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ failure: `the load generator ended (${signal ?? `code ${code}`})` });
    });
    child.send(order);
  });
}
