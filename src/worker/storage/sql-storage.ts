/** Everything that a realm stores in the SQLite of its object. */

import type { Host } from "../../wamp/host/host.ts";
import type { Store } from "../../wamp/host/storage.ts";
import { ExpiringTable } from "./expiring-table.ts";
import { isFull } from "./free-space.ts";
import { HistoryTables } from "./history-tables.ts";
import { OutgoingTable } from "./outgoing-table.ts";
import { ParkedTable } from "./parked-table.ts";
import { RetainedTable } from "./retained-table.ts";
import { RoleTable } from "./role-table.ts";
import type { Tables } from "./tables.ts";
import { TestamentTable } from "./testament-table.ts";

/** The part of an object's storage that `SqlStore` uses. */
export interface Database {
  readonly sql: SqlStorage;
  transactionSync(changes: () => void): void;
}

/** The storage of one realm. The first write to a table creates it. */
export class SqlStore implements Store {
  readonly retained: RetainedTable;
  readonly history: HistoryTables;
  readonly testaments: TestamentTable;
  readonly cookies: ExpiringTable;
  readonly lockouts: ExpiringTable;
  readonly roles: RoleTable;
  readonly parked: ParkedTable;
  readonly outgoing: OutgoingTable;
  readonly #storage: Database;
  readonly #tables: Tables;
  readonly #log: Host["log"];

  constructor(storage: Database, tables: Tables, log: Host["log"]) {
    const { sql } = storage;
    this.#storage = storage;
    this.#tables = tables;
    this.#log = log;
    this.retained = new RetainedTable(sql, tables);
    this.history = new HistoryTables(sql, tables);
    this.testaments = new TestamentTable(sql, tables);
    this.cookies = new ExpiringTable(sql, tables, "cookie");
    this.lockouts = new ExpiringTable(sql, tables, "lockout");
    this.roles = new RoleTable(sql, tables);
    this.parked = new ParkedTable(sql, tables);
    this.outgoing = new OutgoingTable(sql, tables);
  }

  /** Whether the object has no space for events. */
  get isFull(): boolean {
    return isFull(this.#storage.sql);
  }

  /** Makes all changes in one transaction; on failure none, returns false, and logs the error. */
  write(changes: () => void): boolean {
    try {
      this.#storage.transactionSync(changes);
      return true;
    } catch (error) {
      // The caches may hold what was rolled back.
      this.#tables.forget();
      this.retained.forget();
      this.history.forget();
      this.#log({ level: "error", event: "storage.failed", cause: String(error) });
      return false;
    }
  }
}
