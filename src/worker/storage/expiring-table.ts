/** A table of texts that expire, without a limit on its rows. */

import type { ExpiringStore } from "../../wamp/host/storage.ts";
import { isExhausted } from "./free-space.ts";
import type { Tables } from "./tables.ts";

/** Texts that are held in memory while the disk is exhausted. */
const MOST_UNSTORED = 10_000;

/** A table of the object's SQLite: id → text. Times are milliseconds since the epoch. */
export class ExpiringTable implements ExpiringStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #name: string;
  /** id → text that could not be stored; lasts as long as this instance. */
  readonly #unstored = new Map<string, { readonly text: string; readonly expiresAt: number }>();

  constructor(sql: SqlStorage, tables: Tables, name: string) {
    this.#sql = sql;
    this.#tables = tables;
    this.#name = name;
  }

  /** Returns the text of an id that has not expired. */
  get(id: string, now: number): string | undefined {
    const unstored = this.#unstored.get(id);
    if (unstored !== undefined) return unstored.expiresAt > now ? unstored.text : undefined;
    if (!this.#tables.has(this.#name)) return undefined;
    const query = `SELECT text FROM ${this.#name} WHERE id = ? AND expires_at > ?`;
    return this.#sql.exec<{ text: string }>(query, id, now).toArray()[0]?.text;
  }

  /** Stores a text, and deletes all expired ones. */
  put(id: string, text: string, expiresAt: number, now: number): void {
    if (isExhausted()) {
      if (this.#unstored.size < MOST_UNSTORED) this.#unstored.set(id, { text, expiresAt });
      return;
    }
    this.#unstored.delete(id);
    this.#tables.make(this.#name, "id TEXT PRIMARY KEY, text TEXT, expires_at INTEGER", "WITHOUT ROWID");
    this.#sql.exec(`DELETE FROM ${this.#name} WHERE expires_at <= ?`, now);
    const put = `INSERT INTO ${this.#name} (id, text, expires_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`;
    this.#sql.exec(put, id, text, expiresAt);
  }

  /** Deletes the text of an id. */
  delete(id: string): void {
    this.#unstored.delete(id);
    if (this.#tables.has(this.#name)) this.#sql.exec(`DELETE FROM ${this.#name} WHERE id = ?`, id);
  }
}
