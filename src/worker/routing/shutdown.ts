/** Orderly stop of the process that runs the Worker: whether it has begun, and which objects it must reach. */

let isBegun = false;
const waiting = new Set<() => void>();

/**
 * Names of realms whose objects have open sockets or unsaved changes. In plain workerd all objects of a Worker share
 * one isolate and with it this set; a deployed Worker leaves it empty (`Env.WAMP_CONTROL`).
 */
export const busyRealms = new Set<string>();

/** Whether the process is about to end: new clients are refused. */
export function isStopping(): boolean {
  return isBegun;
}

/** Refuses new clients, and closes the sockets that no object holds. */
export function beginStop(): void {
  isBegun = true;
  for (const begin of waiting) begin();
  waiting.clear();
}

/**
 * Calls `close` when the stop begins, unless the returned function has been called before. Each caller has a promise of
 * its own: only a promise leads back into the request that a socket belongs to, and a shared one would keep the
 * callbacks of all closed sockets in memory.
 */
export function onStop(close: () => void): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  void promise.then(close);
  waiting.add(resolve);
  return () => void waiting.delete(resolve);
}
