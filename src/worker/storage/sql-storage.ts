/** What a realm keeps beyond its sessions, in the object's SQLite: retained events, event history, testaments. */

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

/** The part of an object's storage that realms use. */
export interface Database {
  readonly sql: SqlStorage;
  transactionSync(changes: () => void): void;
}

/** The storage of one realm. Tables come into being with the first write. */
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

  get isFull(): boolean {
    return isFull(this.#storage.sql);
  }

  write(changes: () => void): boolean {
    try {
      this.#storage.transactionSync(changes);
      return true;
    } catch (error) {
      // What these remember of the tables may have been rolled back.
      this.#tables.forget();
      this.retained.forget();
      this.history.forget();
      this.#log({ level: "error", event: "storage.failed", cause: String(error) });
      return false;
    }
  }
}
