/** Who is known by which cookie, in the object's SQLite: one row per browser that has logged in and may come back. */

import type { CookieStore } from "../wamp/host.ts";
import type { Tables } from "./storage.ts";

export class CookieTable implements CookieStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  get(id: string, now: number): string | undefined {
    if (!this.#tables.has("cookie")) return undefined;
    const query = "SELECT text FROM cookie WHERE id = ? AND expires_at > ?";
    return this.#sql.exec<{ text: string }>(query, id, now).toArray()[0]?.text;
  }

  put(id: string, text: string, expiresAt: number, now: number): void {
    this.#tables.make("cookie", "id TEXT PRIMARY KEY, text TEXT, expires_at INTEGER", "WITHOUT ROWID");
    this.#sql.exec("DELETE FROM cookie WHERE expires_at <= ?", now);
    const put = `INSERT INTO cookie (id, text, expires_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`;
    this.#sql.exec(put, id, text, expiresAt);
  }

  delete(id: string): void {
    if (this.#tables.has("cookie")) this.#sql.exec("DELETE FROM cookie WHERE id = ?", id);
  }
}
