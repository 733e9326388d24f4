/** The clock of the load generator: read once per read of a socket, because a call per message would be load of its own. */

/** Milliseconds since the process started, as of the last read of any socket. */
export const clock = { now: 0 };

/** Brings the clock up to date where no socket has been read. */
export function readClock(): number {
  clock.now = performance.now();
  return clock.now;
}
