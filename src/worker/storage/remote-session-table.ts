/** The sessions of relays that hold registrations or calls at the core, in SQLite. */

import type { RemoteSessionRow, RemoteSessionStore } from "../../wamp/relay/dealer/remote-session-rows.ts";
import type { DeferredWrites } from "./deferred-writes.ts";
import type { Tables } from "./tables.ts";
import { partsOf } from "./text-parts.ts";

const TABLE = "remote_session";
const COLUMNS = "session INTEGER, part INTEGER, relay INTEGER, text TEXT, PRIMARY KEY (session, part)";

type Row = { readonly session: number; readonly relay: number; readonly text: string };

/** Each session has as many rows as its text needs; the texts have what the record has no field for in front of it. */
export class RemoteSessionTable implements RemoteSessionStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #writes: DeferredWrites;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#sql = sql;
    this.#tables = tables;
    this.#writes = writes;
  }

  all(): RemoteSessionRow[] {
    if (!this.#tables.has(TABLE)) return [];
    const query = `SELECT session, relay, text FROM ${TABLE} ORDER BY session, part`;
    const sessions = new Map<number, Row>();
    for (const row of this.#sql.exec<Row>(query)) {
      const text = (sessions.get(row.session)?.text ?? "") + row.text;
      sessions.set(row.session, { ...row, text });
    }
    return Array.from(sessions.values(), ({ session, relay, text }) => ({ session, relay, ...split(text) }));
  }

  put({ session, relay, text, registered, lost, taker }: RemoteSessionRow): void {
    this.#writes.run(() => {
      this.#tables.make(TABLE, COLUMNS, "WITHOUT ROWID");
      this.#sql.exec(`DELETE FROM ${TABLE} WHERE session = ?`, session);
      for (const [part, slice] of partsOf(`${JSON.stringify({ registered, lost, taker })}\n${text}`).entries()) {
        const insert = `INSERT INTO ${TABLE} (session, part, relay, text) VALUES (?, ?, ?, ?)`;
        this.#sql.exec(insert, session, part, relay, slice);
      }
    });
  }

  delete(session: number): void {
    this.#writes.run(() => {
      if (this.#tables.has(TABLE)) this.#sql.exec(`DELETE FROM ${TABLE} WHERE session = ?`, session);
    });
  }
}

/** A row whose first line this version cannot read counts as one without REGISTERED messages, lost calls and taker. */
function split(text: string): Omit<RemoteSessionRow, "session" | "relay"> {
  const end = text.indexOf("\n");
  const record = text.slice(end + 1);
  try {
    const { registered = [], lost = [], taker } = JSON.parse(text.slice(0, end)) as Partial<RemoteSessionRow>;
    return { text: record, registered, lost, taker };
  } catch {
    return { text: record, registered: [], lost: [], taker: undefined };
  }
}
