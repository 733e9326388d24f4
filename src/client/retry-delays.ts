/** How long a client waits before it tries to come back after its connection was lost. */

/** Milliseconds before the first attempts; the last one repeats. */
const DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** Returns the milliseconds before an attempt; `attempt` counts from 0. */
export function retryDelayMs(attempt: number): number {
  return DELAYS_MS[Math.min(attempt, DELAYS_MS.length - 1)]!;
}
