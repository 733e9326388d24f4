/** The platform's side of `Host`: clocks, randomness, secret, log and storage of one realm. */

import type { Host } from "../../wamp/host/host.ts";
import type { LogLine } from "../../wamp/host/log-line.ts";
import type { SteadyClock } from "../../wamp/host/steady-clock.ts";
import type { Components } from "../../wamp/local/component.ts";
import { idFromRandom } from "../../wamp/protocol/id.ts";
import { fetchJson } from "../platform/fetch-json.ts";
import { writeAuditRecord, writeLog } from "../platform/log.ts";
import { RandomPool } from "../platform/random-pool.ts";
import type { RoleContext } from "../relay/realm-role.ts";
import { relayLabel } from "../routing/relay-names.ts";
import type { TicketHolder, Tickets } from "../routing/tickets.ts";
import type { RowCount } from "../storage/free-space.ts";
import type { RealmSecret } from "../storage/realm-secret.ts";
import type { SqlStore } from "../storage/sql-storage.ts";

/** What a realm gets from its object. */
export interface RealmContext extends RoleContext {
  readonly ctx: DurableObjectState;
  /** The name of the object: that of the realm, or of one of its relays. */
  readonly objectName: string;
  readonly components: Components;
  /** Counts the rows that `sql` writes. */
  readonly rows: RowCount;
  readonly clock: SteadyClock;
  readonly tickets: Tickets<TicketHolder>;
  /** Sockets whose end has been handled: further events of them are ignored. */
  readonly endedSockets: WeakSet<WebSocket>;
}

/** What the object does when the core asks for it. */
export type Scheduling = Pick<Host, "setAlarm" | "flushOutput" | "scheduleFlush" | "scheduleStore" | "usage">;

/** Log lines of a realm, and of which of its relays. */
export function newRealmLog({ name, relay }: Pick<RealmContext, "name" | "relay">): Host["log"] {
  const origin = { realm: name, ...(relay !== undefined && { relay: relayLabel(relay) }) };
  return (line: LogLine) => writeLog({ ...origin, ...line });
}

/** A host of one realm. */
export function newHost(
  clock: SteadyClock,
  secret: RealmSecret,
  store: SqlStore,
  log: Host["log"],
  scheduling: Scheduling,
): Host {
  const pool = new RandomPool();
  return {
    ...scheduling,
    now: () => clock.now(),
    wallTime: () => Date.now(),
    randomId: () => idFromRandom(pool.take(8)),
    randomBytes: (length) => pool.take(length).slice(),
    secret: () => secret.get(),
    fetchJson: (url) => fetchJson(url),
    audit: writeAuditRecord,
    log,
    store,
  };
}
