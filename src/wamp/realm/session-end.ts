/** Records the ends of sessions, for operators. */

import type { RealmConfig } from "../config/realm.ts";
import type { Log } from "../host/host.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import type { Peer } from "../session/peer.ts";
import type { Session } from "../session/session.ts";

/** Makes an entry of `wamp.edge.connections`, and writes the log line that the configuration may ask for. */
export function recordEnd(
  { config, host, monitor }: EndParts,
  session: Session,
  peer: Peer | undefined,
  reason: string,
): void {
  const entry = monitor.connections.left(session, peer, reason);
  if (!config.options.log_sessions) return;
  const { authid, authrole, authmethod } = session.identity;
  const { details, traffic } = session.transport;
  host.log({
    level: "info",
    event: "session.ended",
    cause: reason,
    ...{ session: session.id, authid, authrole, authmethod, ...details },
    seconds: entry.duration_ms && entry.duration_ms / 1000,
    messages_received: entry.messages_received,
    messages_sent: entry.messages_sent,
    bytes_received: traffic?.bytesReceived,
    bytes_sent: traffic?.unread.sent,
    network: entry.network,
    address: entry.address,
  });
}

/** The parts of a realm that it uses. */
interface EndParts {
  readonly config: RealmConfig;
  readonly host: Log;
  readonly monitor: Monitor;
}
