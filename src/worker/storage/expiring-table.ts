/** Texts that count until some time, in a table of the object's SQLite. */

import type { ExpiringStore } from "../../wamp/host.ts";
import type { Tables } from "./tables.ts";

export class ExpiringTable implements ExpiringStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #name: string;

  constructor(sql: SqlStorage, tables: Tables, name: string) {
    this.#sql = sql;
    this.#tables = tables;
    this.#name = name;
  }

  get(id: string, now: number): string | undefined {
    if (!this.#tables.has(this.#name)) return undefined;
    const query = `SELECT text FROM ${this.#name} WHERE id = ? AND expires_at > ?`;
    return this.#sql.exec<{ text: string }>(query, id, now).toArray()[0]?.text;
  }

  put(id: string, text: string, expiresAt: number, now: number): void {
    this.#tables.make(this.#name, "id TEXT PRIMARY KEY, text TEXT, expires_at INTEGER", "WITHOUT ROWID");
    this.#sql.exec(`DELETE FROM ${this.#name} WHERE expires_at <= ?`, now);
    const put = `INSERT INTO ${this.#name} (id, text, expires_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`;
    this.#sql.exec(put, id, text, expiresAt);
  }

  delete(id: string): void {
    if (this.#tables.has(this.#name)) this.#sql.exec(`DELETE FROM ${this.#name} WHERE id = ?`, id);
  }
}
