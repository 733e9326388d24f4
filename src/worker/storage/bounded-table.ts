/** Texts that count until some time, never more of them than fit, in a table of the object's SQLite. */

import { isExhausted } from "./free-space.ts";
import type { Tables } from "./tables.ts";

/** Writes between two looks for what is past its time: each look reads the whole table. */
const PURGE_EVERY = 1_000;

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

  /** Times are milliseconds since the epoch. */
  get(id: string, now: number): string | undefined {
    if (!this.#tables.has(this.#name)) return undefined;
    const query = `SELECT text FROM ${this.#name} WHERE id = ? AND expires_at > ?`;
    return this.#sql.exec<{ text: string }>(query, id, now).toArray()[0]?.text;
  }

  /** Is there room for another text, once what is past its time has gone? */
  hasRoom(now: number): boolean {
    if (isExhausted()) return false;
    this.#tables.make(this.#name, "id TEXT PRIMARY KEY, text TEXT, expires_at INTEGER", "WITHOUT ROWID");
    if (this.#untilPurge <= 0 || this.#rows >= this.#most) this.#purge(now);
    return this.#rows < this.#most;
  }

  /** False where there is no room, and nothing is past its time. */
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
