/** Opens many sessions. */

import { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";

/**
 * Opens `count` sessions, at most `parallel` at the same time; `prepare` is called with each before the next one is
 * opened in its place. Rejects with the first failure.
 */
export async function openConnections(
  endpoint: Endpoint,
  count: number,
  prepare: (connection: Connection, index: number) => Promise<unknown> = async () => {},
  parallel = PARALLEL,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  let next = 0;
  const openNext = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const connection = await Connection.open(endpoint);
      connections[index] = connection;
      await prepare(connection, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, openNext));
  return connections;
}

/** Sessions that are opened at the same time. */
const PARALLEL = 64;
