/** The platform's side of `Host`: clocks, randomness, secret, log and storage of one realm. */

import type { Host } from "../../wamp/host/host.ts";
import type { LogLine } from "../../wamp/host/log-line.ts";
import type { SteadyClock } from "../../wamp/host/steady-clock.ts";
import type { Components } from "../../wamp/local/component.ts";
import { idFromRandom } from "../../wamp/protocol/id.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { fetchJson } from "../platform/fetch-json.ts";
import { writeAuditRecord, writeLog } from "../platform/log.ts";
import { RandomPool } from "../platform/random-pool.ts";
import type { TicketHolder, Tickets } from "../routing/tickets.ts";
import type { RowCount } from "../storage/free-space.ts";
import type { RealmSecret } from "../storage/realm-secret.ts";
import type { SqlStore } from "../storage/sql-storage.ts";
import type { Tables } from "../storage/tables.ts";

/** What a realm gets from its object. */
export interface RealmContext {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly name: string;
  readonly config: WorkerRealmConfig;
  readonly components: Components;
  readonly sql: SqlStorage;
  /** Counts the rows that `sql` writes. */
  readonly rows: RowCount;
  readonly tables: Tables;
  readonly clock: SteadyClock;
  readonly tickets: Tickets<TicketHolder>;
  /** Sockets whose end has been handled: further events of them are ignored. */
  readonly endedSockets: WeakSet<WebSocket>;
}

/** What the object does when the core asks for it. */
export type Scheduling = Pick<Host, "setAlarm" | "flushOutput" | "scheduleFlush" | "scheduleStore" | "usage">;

/** Log lines of the realm `name`. */
export function newRealmLog(name: string): Host["log"] {
  return (line: LogLine) => writeLog({ realm: name, ...line });
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
