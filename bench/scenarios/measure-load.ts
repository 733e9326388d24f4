/** Measures a load that keeps itself going. */

import { type Span, startMeter } from "../measuring/meter.ts";
import { pause, type RunContext } from "./scenario.ts";

/** A load under way. */
export interface Load {
  /** Calls, events, sessions … that are done since the start. */
  readonly done: number;
  /** Forgets the latencies of the warm-up. */
  reset(): void;
  /** Begins nothing more; what is under way comes to its end. */
  stop(): Promise<void> | void;
}

/** Milliseconds for the last answers after a measurement. */
const DRAIN_MS = 100;

/** Lets the load warm up, measures it, and stops it; `done` is what it has done in the span. */
export async function measureLoad(
  { router, settings }: RunContext,
  load: Load,
): Promise<{ readonly span: Span; readonly done: number }> {
  await pause(settings.warmupMs);
  load.reset();
  const read = startMeter(router);
  const before = load.done;
  await pause(settings.durationMs);
  const span = read();
  const done = load.done - before;
  await load.stop();
  await pause(DRAIN_MS);
  return { span, done };
}
