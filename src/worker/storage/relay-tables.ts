/** What the objects of a realm over many objects store of each other, in SQLite. */

import type { Match, Pattern } from "../../wamp/protocol/uri.ts";
import type { RoleVersionRow, RoleVersionStore } from "../../wamp/relay/authentication/core-roles.ts";
import type { LogOutRow, LogOutStore } from "../../wamp/relay/authentication/log-outs.ts";
import type { InterestRow, InterestStore } from "../../wamp/relay/broker/interest-table.ts";
import type { NodeKeyRow, NodeKeyStore } from "../../wamp/relay/broker/node-keys.ts";
import type { CoolingRow, CoolingStore } from "../../wamp/relay/broker/relay-interest.ts";
import type { StoredCountRow, StoredCountStore } from "../../wamp/relay/broker/stored-publications.ts";
import type { ToldStore } from "../../wamp/relay/broker/told-topics.ts";
import type { DownLink, DownLinkStore } from "../../wamp/relay/link/down-links.ts";
import type { EpochStore } from "../../wamp/relay/link/relay-links.ts";
import type { RelaySessionsRow, RelaySessionsStore } from "../../wamp/relay/meta/relay-sessions.ts";
import type { MovedRow, MovedStore } from "../../wamp/relay/resume/core-moves-ports.ts";
import type { DeferredWrites } from "./deferred-writes.ts";
import type { Tables } from "./tables.ts";

/** A table that is created with its first row. */
class LazyTable {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #writes: DeferredWrites;
  readonly #name: string;
  readonly #columns: string;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites, name: string, columns: string) {
    this.#sql = sql;
    this.#tables = tables;
    this.#writes = writes;
    this.#name = name;
    this.#columns = columns;
  }

  /** All rows. */
  all<R extends Record<string, SqlStorageValue>>(): R[] {
    if (!this.#tables.has(this.#name)) return [];
    return this.#sql.exec<R>(`SELECT * FROM ${this.#name}`).toArray();
  }

  /** Stores a row in place of the one of the same key; `values` in the order of the columns. */
  put(...values: SqlStorageValue[]): void {
    this.#writes.run(() => {
      this.#tables.make(this.#name, this.#columns, "WITHOUT ROWID");
      const places = values.map(() => "?").join(", ");
      this.#sql.exec(`INSERT OR REPLACE INTO ${this.#name} VALUES (${places})`, ...values);
    });
  }

  /** Deletes the rows of a condition. */
  delete(condition: string, ...values: SqlStorageValue[]): void {
    this.#writes.run(() => {
      if (this.#tables.has(this.#name)) this.#sql.exec(`DELETE FROM ${this.#name} WHERE ${condition}`, ...values);
    });
  }
}

/** The core's table of which relays have a subscriber of which topic or pattern. */
export class RelayInterestTable implements InterestStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    const columns = "relay INTEGER, match TEXT, uri TEXT, PRIMARY KEY (relay, match, uri)";
    this.#rows = new LazyTable(sql, tables, writes, "relay_interest", columns);
  }

  all(): InterestRow[] {
    const rows = this.#rows.all<{ relay: number; match: string; uri: string }>();
    return rows.map(({ relay, match, uri }) => ({ relay, match: match as Match, uri }));
  }

  put({ relay, match, uri }: InterestRow): void {
    this.#rows.put(relay, match, uri);
  }

  delete({ relay, match, uri }: InterestRow): void {
    this.#rows.delete("relay = ? AND match = ? AND uri = ?", relay, match, uri);
  }
}

/** The core's table of the relays that may keep publications to themselves. */
export class ToldRelayTable implements ToldStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "told_relay", "relay INTEGER PRIMARY KEY");
  }

  all(): number[] {
    return this.#rows.all<{ relay: number }>().map(({ relay }) => relay);
  }

  put(relay: number): void {
    this.#rows.put(relay);
  }

  delete(relay: number): void {
    this.#rows.delete("relay = ?", relay);
  }
}

const EPOCHS = "relay_epoch";

/** Says whether the object is the core of relays with sessions. */
export function hasRelayEpochs(sql: SqlStorage, tables: Tables): boolean {
  return tables.has(EPOCHS) && sql.exec(`SELECT 1 FROM ${EPOCHS} LIMIT 1`).toArray().length > 0;
}

/** The core's table of the epochs of relays with sessions: an epoch must not be taken for a new one twice. */
export class RelayEpochTable implements EpochStore {
  readonly #rows: LazyTable;
  readonly #epochs: Map<number, number>;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, EPOCHS, "relay INTEGER PRIMARY KEY, epoch INTEGER");
    const rows = this.#rows.all<{ relay: number; epoch: number }>();
    this.#epochs = new Map(rows.map(({ relay, epoch }) => [relay, epoch]));
  }

  relays(): readonly number[] {
    return [...this.#epochs.keys()];
  }

  get(relay: number): number | undefined {
    return this.#epochs.get(relay);
  }

  put(relay: number, epoch: number): void {
    this.#epochs.set(relay, epoch);
    this.#rows.put(relay, epoch);
  }

  delete(relay: number): void {
    if (this.#epochs.delete(relay)) this.#rows.delete("relay = ?", relay);
  }
}

/** The core's table of how many sessions each relay has. */
export class RelaySessionsTable implements RelaySessionsStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "relay_sessions", "relay INTEGER PRIMARY KEY, roles TEXT");
  }

  all(): RelaySessionsRow[] {
    const rows = this.#rows.all<{ relay: number; roles: string }>();
    return rows.map(({ relay, roles }) => ({ relay, byRole: JSON.parse(roles) }));
  }

  put({ relay, byRole }: RelaySessionsRow): void {
    this.#rows.put(relay, JSON.stringify(byRole));
  }

  delete(relay: number): void {
    this.#rows.delete("relay = ?", relay);
  }
}

/** The core's table of the sessions that are at another relay than the one that has made their ids. */
export class MovedSessionTable implements MovedStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "moved_session", "session INTEGER PRIMARY KEY, relay INTEGER");
  }

  all(): MovedRow[] {
    return this.#rows.all<{ session: number; relay: number }>();
  }

  put({ session, relay }: MovedRow): void {
    this.#rows.put(session, relay);
  }

  delete(session: number): void {
    this.#rows.delete("session = ?", session);
  }
}

/** The versions of the roles: at the core those of all objects, at a relay its own. */
export class RoleVersionTable implements RoleVersionStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "role_version", "object INTEGER PRIMARY KEY, version INTEGER");
  }

  all(): RoleVersionRow[] {
    return this.#rows.all<{ object: number; version: number }>();
  }

  put({ object, version }: RoleVersionRow): void {
    this.#rows.put(object, version);
  }

  delete(object: number): void {
    this.#rows.delete("object = ?", object);
  }
}

/** An object's table of the others that it could not reach for long. */
export class DownLinkTable implements DownLinkStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "down_link", "object INTEGER PRIMARY KEY, since INTEGER");
  }

  all(): DownLink[] {
    return this.#rows.all<{ object: number; since: number }>();
  }

  put({ object, since }: DownLink): void {
    this.#rows.put(object, since);
  }

  delete(object: number): void {
    this.#rows.delete("object = ?", object);
  }
}

/** An object's table of the log-outs of which others may not have heard. */
export class LogOutTable implements LogOutStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#rows = new LazyTable(sql, tables, writes, "unheard_log_out", "cookie TEXT PRIMARY KEY, objects TEXT");
  }

  all(): LogOutRow[] {
    const rows = this.#rows.all<{ cookie: string; objects: string }>();
    return rows.map(({ cookie, objects }) => ({ cookie, objects: JSON.parse(objects) as number[] }));
  }

  put({ cookie, objects }: LogOutRow): void {
    this.#rows.put(cookie, JSON.stringify(objects));
  }

  delete(cookie: string): void {
    this.#rows.delete("cookie = ?", cookie);
  }
}

/** A relay's table of the topics and patterns without a subscriber that the core is not told of yet. */
export class CoolingTable implements CoolingStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    const columns = "match TEXT, uri TEXT, until INTEGER, session INTEGER, PRIMARY KEY (match, uri)";
    this.#rows = new LazyTable(sql, tables, writes, "cooling_interest", columns);
  }

  all(): CoolingRow[] {
    const rows = this.#rows.all<{ match: string; uri: string; until: number; session: number }>();
    return rows.map(({ match, ...row }) => ({ match: match as Match, ...row }));
  }

  put({ match, uri, until, session }: CoolingRow): void {
    this.#rows.put(match, uri, until, session);
  }

  delete({ match, uri }: Pattern): void {
    this.#rows.delete("match = ? AND uri = ?", match, uri);
  }

  /** Deletes all rows. */
  clear(): void {
    this.#rows.delete("1");
  }
}

/**
 * The core's table of the publications of relays that are stored. It does not defer a row that is put: that is a part of
 * the transaction that stores the events.
 */
export class StoredCountTable implements StoredCountStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #writes: DeferredWrites;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    this.#sql = sql;
    this.#tables = tables;
    this.#writes = writes;
  }

  get(relay: number): StoredCountRow | undefined {
    if (!this.#tables.has(STORED_COUNTS)) return undefined;
    const query = `SELECT count, failed FROM ${STORED_COUNTS} WHERE relay = ?`;
    const [row] = this.#sql.exec<{ count: number; failed: string }>(query, relay).toArray();
    return row && { relay, count: row.count, failed: JSON.parse(row.failed) as number[] };
  }

  put({ relay, count, failed }: StoredCountRow): void {
    this.#tables.make(STORED_COUNTS, "relay INTEGER PRIMARY KEY, count INTEGER, failed TEXT");
    const put = `INSERT OR REPLACE INTO ${STORED_COUNTS} VALUES (?, ?, ?)`;
    this.#sql.exec(put, relay, count, JSON.stringify(failed));
  }

  delete(relay: number): void {
    this.#writes.run(() => {
      if (this.#tables.has(STORED_COUNTS)) this.#sql.exec(`DELETE FROM ${STORED_COUNTS} WHERE relay = ?`, relay);
    });
  }
}

const STORED_COUNTS = "relay_stored";

/** The node keys of subscribers at other objects, and at the core those of all objects. */
export class NodeKeyTable implements NodeKeyStore {
  readonly #rows: LazyTable;

  constructor(sql: SqlStorage, tables: Tables, writes: DeferredWrites) {
    const columns = "relay INTEGER, match TEXT, uri TEXT, keys TEXT, PRIMARY KEY (relay, match, uri)";
    this.#rows = new LazyTable(sql, tables, writes, "node_keys", columns);
  }

  all(): NodeKeyRow[] {
    const rows = this.#rows.all<{ relay: number; match: string; uri: string; keys: string }>();
    return rows.map(({ relay, match, uri, keys }) => {
      return { relay, match: match as Match, uri, keys: JSON.parse(keys) as string[] };
    });
  }

  put({ relay, match, uri, keys }: NodeKeyRow): void {
    this.#rows.put(relay, match, uri, JSON.stringify(keys));
  }

  delete({ relay, match, uri }: Omit<NodeKeyRow, "keys">): void {
    this.#rows.delete("relay = ? AND match = ? AND uri = ?", relay, match, uri);
  }
}
