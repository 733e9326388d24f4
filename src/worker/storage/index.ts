/** What a realm keeps beyond its sessions, in the object's SQLite: retained events, event history, testaments. */

import type { Store } from "../../wamp/host.ts";
import type { Id } from "../../wamp/message.ts";
import type { TestamentStore } from "../../wamp/testament.ts";
import { ExpiringTable } from "./expiring-table.ts";
import { HistoryTables } from "./history-tables.ts";
import { ParkedTable } from "./parked-table.ts";
import { RetainedTable } from "./retained-table.ts";
import { RoleTable } from "./role-table.ts";

/** The storage of one realm. Tables come into being with the first write. */
export class SqlStore implements Store {
  readonly retained: RetainedTable;
  readonly history: HistoryTables;
  readonly testaments: TestamentTable;
  readonly cookies: ExpiringTable;
  readonly lockouts: ExpiringTable;
  readonly roles: RoleTable;
  readonly parked: ParkedTable;

  constructor(sql: SqlStorage, tables: Tables) {
    this.retained = new RetainedTable(sql, tables);
    this.history = new HistoryTables(sql, tables);
    this.testaments = new TestamentTable(sql, tables);
    this.cookies = new ExpiringTable(sql, tables, "cookie");
    this.lockouts = new ExpiringTable(sql, tables, "lockout");
    this.roles = new RoleTable(sql, tables);
    this.parked = new ParkedTable(sql, tables);
  }
}

/** Which tables there are: one query tells, the first time somebody asks. */
export class Tables {
  readonly #sql: SqlStorage;
  #names: Set<string> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(name: string): boolean {
    return this.#known().has(name);
  }

  /** Creates the table if it is not there yet; `columns` is what stands between the parentheses. */
  make(name: string, columns: string, options = ""): void {
    if (this.has(name)) return;
    this.#sql.exec(`CREATE TABLE ${name} (${columns}) ${options}`);
    this.#known().add(name);
  }

  #known(): Set<string> {
    if (this.#names === undefined) {
      const rows = this.#sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
      this.#names = new Set(Array.from(rows, ({ name }) => name));
    }
    return this.#names;
  }
}

/** One row per session that left testaments. */
export class TestamentTable implements TestamentStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  owners(): Id[] {
    if (!this.#tables.has("testament")) return [];
    return Array.from(this.#sql.exec<{ session: number }>("SELECT session FROM testament"), ({ session }) => session);
  }

  get(sessionId: Id): string | undefined {
    if (!this.#tables.has("testament")) return undefined;
    const [row] = this.#sql.exec<{ text: string }>("SELECT text FROM testament WHERE session = ?", sessionId);
    return row?.text;
  }

  put(sessionId: Id, text: string): void {
    this.#tables.make("testament", "session INTEGER PRIMARY KEY, text TEXT");
    const insert = "INSERT INTO testament (session, text) VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text";
    this.#sql.exec(insert, sessionId, text);
  }

  delete(sessionId: Id): void {
    if (this.#tables.has("testament")) this.#sql.exec("DELETE FROM testament WHERE session = ?", sessionId);
  }
}
