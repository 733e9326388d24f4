/** Testaments in SQLite: one row per session that has some. */

import type { TestamentStore } from "../../wamp/host/storage.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { Tables } from "./tables.ts";

/** session id → its testaments, as text. */
export class TestamentTable implements TestamentStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** The ids of the sessions that have testaments. */
  owners(): Id[] {
    if (!this.#tables.has("testament")) return [];
    return Array.from(this.#sql.exec<{ session: number }>("SELECT session FROM testament"), ({ session }) => session);
  }

  /** Returns the testaments of a session. */
  get(sessionId: Id): string | undefined {
    if (!this.#tables.has("testament")) return undefined;
    const [row] = this.#sql.exec<{ text: string }>("SELECT text FROM testament WHERE session = ?", sessionId);
    return row?.text;
  }

  /** Stores the testaments of a session in place of earlier ones. */
  put(sessionId: Id, text: string): void {
    this.#tables.make("testament", "session INTEGER PRIMARY KEY, text TEXT");
    const insert = "INSERT INTO testament (session, text) VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text";
    this.#sql.exec(insert, sessionId, text);
  }

  /** Deletes the testaments of a session. */
  delete(sessionId: Id): void {
    if (this.#tables.has("testament")) this.#sql.exec("DELETE FROM testament WHERE session = ?", sessionId);
  }
}
