/** Roles that were changed at run time, in SQLite: one row each. */

import type { RoleStore } from "../../wamp/host/storage.ts";
import type { Tables } from "./tables.ts";

/** name of a role → text. */
export class RoleTable implements RoleStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** All roles in the order of their names. */
  all(): (readonly [name: string, text: string])[] {
    if (!this.#tables.has("role")) return [];
    const rows = this.#sql.exec<{ name: string; text: string }>("SELECT name, text FROM role ORDER BY name");
    return Array.from(rows, ({ name, text }) => [name, text] as const);
  }

  /** Stores a role in place of the one of the same name. */
  put(name: string, text: string): void {
    this.#tables.make("role", "name TEXT PRIMARY KEY, text TEXT", "WITHOUT ROWID");
    const put = "INSERT INTO role (name, text) VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text";
    this.#sql.exec(put, name, text);
  }

  /** Deletes a role. */
  delete(name: string): void {
    if (this.#tables.has("role")) this.#sql.exec("DELETE FROM role WHERE name = ?", name);
  }
}
