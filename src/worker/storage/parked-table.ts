/** Sessions that wait for their clients to resume them, in SQLite: the texts of each, in as many rows as they need. */

import type { ParkedStore } from "../../wamp/host/storage.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { Tables } from "./tables.ts";
import { partsOf } from "./text-parts.ts";

const TABLE = "parked_session";
const COLUMNS = "session INTEGER, entry INTEGER, part INTEGER, text TEXT, PRIMARY KEY (session, entry, part)";

/** session id, entry → text of any length. */
export class ParkedTable implements ParkedStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** The ids of the sessions that have texts. */
  owners(): Id[] {
    if (!this.#tables.has(TABLE)) return [];
    const rows = this.#sql.exec<{ session: number }>(`SELECT DISTINCT session FROM ${TABLE}`);
    return Array.from(rows, ({ session }) => session);
  }

  /** The texts of a session in the order of their entries. */
  read(sessionId: Id): (readonly [entry: number, text: string])[] {
    if (!this.#tables.has(TABLE)) return [];
    const query = `SELECT entry, text FROM ${TABLE} WHERE session = ? ORDER BY entry, part`;
    const texts = new Map<number, string>();
    for (const { entry, text } of this.#sql.exec<{ entry: number; text: string }>(query, sessionId)) {
      texts.set(entry, (texts.get(entry) ?? "") + text);
    }
    return [...texts];
  }

  /** Stores a text in place of that of the same entry. */
  write(sessionId: Id, entry: number, text: string): void {
    this.#tables.make(TABLE, COLUMNS, "WITHOUT ROWID");
    this.remove(sessionId, entry);
    const insert = `INSERT INTO ${TABLE} (session, entry, part, text) VALUES (?, ?, ?, ?)`;
    for (const [part, slice] of partsOf(text).entries()) this.#sql.exec(insert, sessionId, entry, part, slice);
  }

  /** Deletes one text of a session, or all. */
  remove(sessionId: Id, entry?: number): void {
    if (!this.#tables.has(TABLE)) return;
    if (entry === undefined) this.#sql.exec(`DELETE FROM ${TABLE} WHERE session = ?`, sessionId);
    else this.#sql.exec(`DELETE FROM ${TABLE} WHERE session = ? AND entry = ?`, sessionId, entry);
  }
}
