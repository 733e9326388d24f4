/** What a realm keeps beyond its sessions, in the object's SQLite: retained events, event history, testaments. */

import type { Store } from "../../wamp/host.ts";
import { ExpiringTable } from "./expiring-table.ts";
import { HistoryTables } from "./history-tables.ts";
import { ParkedTable } from "./parked-table.ts";
import { RetainedTable } from "./retained-table.ts";
import { RoleTable } from "./role-table.ts";
import type { Tables } from "./tables.ts";
import { TestamentTable } from "./testament-table.ts";

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
