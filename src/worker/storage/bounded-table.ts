/** A table of texts that expire, with a limit on its rows. */

import { isExhausted } from "./free-space.ts";
import type { Tables } from "./tables.ts";

/** Writes between two deletions of expired rows: each deletion reads the whole table. */
const PURGE_EVERY = 1_000;

/** A table of the object's SQLite with at most `most` rows: id → text. Times are milliseconds since the epoch. */
export class BoundedTable {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #name: string;
  readonly #most: number;
  #rows = 0;
  #untilPurge = 0;

  constructor(sql: SqlStorage, tables: Tables, name: string, most: number) {
    this.#sql = sql;
    this.#tables = tables;
    this.#name = name;
    this.#most = most;
  }

  /** Returns the text of an id that has not expired. */
  get(id: string, now: number): string | undefined {
    if (!this.#tables.has(this.#name)) return undefined;
    const query = `SELECT text FROM ${this.#name} WHERE id = ? AND expires_at > ?`;
    return this.#sql.exec<{ text: string }>(query, id, now).toArray()[0]?.text;
  }

  /** Whether another text fits, after expired ones have been deleted if need be. */
  hasRoom(now: number): boolean {
    if (isExhausted()) return false;
    this.#tables.make(this.#name, "id TEXT PRIMARY KEY, text TEXT, expires_at INTEGER", "WITHOUT ROWID");
    if (this.#untilPurge <= 0 || this.#rows >= this.#most) this.#purge(now);
    return this.#rows < this.#most;
  }

  /** Stores a text; false if the table is full or the disk is exhausted. */
  put(id: string, text: string, expiresAt: number, now: number): boolean {
    if (!this.hasRoom(now)) return false;
    const put = `INSERT INTO ${this.#name} (id, text, expires_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`;
    this.#sql.exec(put, id, text, expiresAt);
    this.#untilPurge--;
    this.#rows++;
    return true;
  }

  #purge(now: number): void {
    this.#untilPurge = PURGE_EVERY;
    this.#sql.exec(`DELETE FROM ${this.#name} WHERE expires_at <= ?`, now);
    this.#rows = this.#sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${this.#name}`).one().rows;
  }
}
