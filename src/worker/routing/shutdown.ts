/** State of an orderly stop of the process that runs the Worker: which objects it concerns, and whether it has begun. */

let isBegun = false;
const waiting = new Set<() => void>();

/**
 * Names of realms whose objects have open sockets or unsaved changes. All objects of a Worker that plain workerd runs
 * share one isolate, hence this set; a deployed Worker leaves it empty (`Env.WAMP_CONTROL`).
 */
export const busyRealms = new Set<string>();

/** Whether the process is about to end; from then on no client is let in. */
export function isStopping(): boolean {
  return isBegun;
}

/** Lets no client in any more, and has sockets that no object holds closed. */
export function beginStop(): void {
  isBegun = true;
  for (const tell of waiting) tell();
  waiting.clear();
}

/**
 * Calls `close` when the stop begins; the function returned ends the wait. Each wait has a promise of its own, because
 * only a promise leads back into the request that a socket belongs to, and one for all would keep them all in memory.
 */
export function onStop(close: () => void): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  void promise.then(close);
  waiting.add(resolve);
  return () => void waiting.delete(resolve);
}
