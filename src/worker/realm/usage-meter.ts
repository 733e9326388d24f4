/** Adds up what the platform has carried and stored for a realm since its object woke. */

import type { Usage } from "../../wamp/host/host.ts";
import type { RowCount } from "../storage/free-space.ts";
import type { OpenConnection } from "./attachments.ts";
import type { Connection } from "./connection.ts";

/** Realms of one process whose wakes are counted. */
const MAX_REALMS = 1_000;

/** Realm → how often it woke in this process, because the memory of an object does not outlast its sleep. */
const wakes = new Map<string, number>();

/** Each connection counts for itself anyway, so that a message costs nothing more. */
export class UsageMeter {
  readonly #wakes: number;
  readonly #rows: RowCount;
  readonly #open: ReadonlyMap<unknown, OpenConnection>;
  /** Sums of the connections that have ended. */
  readonly #ended = { bytesReceived: 0, bytesSent: 0, framesReceived: 0 };

  /** The realm `realm` wakes; `open` are its open connections. */
  constructor(realm: string, rows: RowCount, open: ReadonlyMap<unknown, OpenConnection>) {
    this.#wakes = (wakes.get(realm) ?? 0) + 1;
    if (wakes.size >= MAX_REALMS) wakes.clear();
    wakes.set(realm, this.#wakes);
    this.#rows = rows;
    this.#open = open;
  }

  /** Adds a connection that has ended, and is not among the open ones. */
  add(connection: Connection): void {
    addTo(this.#ended, connection);
  }

  /** Returns the sums; takes time in proportion to the open connections. */
  usage(): Usage {
    const sums = { ...this.#ended };
    for (const { connection } of this.#open.values()) addTo(sums, connection);
    return {
      bytes: { received: sums.bytesReceived, sent: sums.bytesSent },
      frames_received: sums.framesReceived,
      rows_written: this.#rows.written,
      wakes: this.#wakes,
    };
  }
}

type Sums = { bytesReceived: number; bytesSent: number; framesReceived: number };

function addTo(sums: Sums, { bytesReceived, framesReceived, unread }: Connection): void {
  sums.bytesReceived += bytesReceived;
  sums.bytesSent += unread.sent;
  sums.framesReceived += framesReceived;
}
