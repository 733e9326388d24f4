/** Writes what a turn of the event loop has queued at its end: one write for each socket. */

/** A connection with queued bytes. */
interface Queued {
  flush(): void;
}

let queued: Queued[] = [];

/** Calls `flush` of the connection at the end of this turn. */
export function flushAtEndOfTurn(connection: Queued): void {
  if (queued.length === 0) setImmediate(flushAll);
  queued.push(connection);
}

function flushAll(): void {
  const connections = queued;
  queued = [];
  for (const connection of connections) connection.flush();
}
