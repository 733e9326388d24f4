/** Sessions that wait, each with one subscription and one registration. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import type { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import type { Endpoint } from "../client/endpoint.ts";

/** Opens sessions; session `n` subscribes to the topic `topicOf(prefix, n)`. */
export function openIdleSessions(
  endpoint: Endpoint,
  prefix: string,
  count: number,
  parallel: number,
): Promise<Connection[]> {
  const prepare = async (connection: Connection, index: number): Promise<void> => {
    await connection.request(MessageType.SUBSCRIBE, [{}, topicOf(prefix, index)]);
    await connection.request(MessageType.REGISTER, [{}, `${prefix}.procedure${index}`]);
  };
  return openConnections(endpoint, count, prepare, parallel);
}

/** The topic of one session. */
export function topicOf(prefix: string, index: number): string {
  return `${prefix}.topic${index}`;
}
