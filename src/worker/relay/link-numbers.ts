/** The numbers by which the objects of a realm tell each other's lives and batches apart, in one row of SQLite. */

import { isExhausted } from "../storage/free-space.ts";
import type { Tables } from "../storage/tables.ts";

const TABLE = "link_number";
const COLUMNS = "id INTEGER PRIMARY KEY CHECK (id = 1), boot INTEGER, epoch INTEGER, is_open INTEGER";

/** Streams of one boot: an object begins one after each pause of some seconds. */
const STREAMS_PER_BOOT = 2 ** 20;

/** Says whether the object has been a relay or a core that exchanged batches. */
export function hasUsedLinks(tables: Tables): boolean {
  return tables.has(TABLE);
}

type Row = { readonly boot: number; readonly epoch: number; readonly is_open: number };

/**
 * The row is written when a link is used for the first time after a wake, so that a relay whose clients need no other
 * object writes nothing.
 */
export class LinkNumbers {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  #boot: number;
  #epoch: number;
  #isOpen: boolean;
  #isStored = true;
  #hasBooted = false;
  #streams = 0;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
    const row = this.#read();
    this.#boot = row?.boot ?? 0;
    this.#epoch = row?.epoch ?? 1;
    this.#isOpen = row?.is_open === 1;
  }

  /** See `Batch.epoch`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Says whether the relay has used the link since `close`, so that the core may hold something for its sessions. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** See `Batch.boot`; the first call after a wake counts it. */
  get boot(): number {
    if (this.#hasBooted && this.#isOpen) return this.#boot;
    if (!this.#hasBooted) this.#boot++;
    this.#hasBooted = true;
    this.#isOpen = true;
    this.#write();
    return this.#boot;
  }

  /** Returns a number larger than all before. */
  nextStream(): number {
    return this.boot * STREAMS_PER_BOOT + ++this.#streams;
  }

  /** Begins the next epoch: the relay has lost its sockets. */
  beginEpoch(): void {
    this.#epoch++;
    this.#write();
  }

  /** The relay goes on with a larger epoch, because it has forgotten its former one with its storage. */
  setEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#write();
  }

  /** The core holds nothing for the relay's sessions any more. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#write();
  }

  /** Writes what could not be written while the disk was full. */
  save(): void {
    if (!this.#isStored) this.#write();
  }

  #read(): Row | undefined {
    if (!this.#tables.has(TABLE)) return undefined;
    return this.#sql.exec<Row>(`SELECT boot, epoch, is_open FROM ${TABLE}`).toArray()[0];
  }

  #write(): void {
    this.#isStored = !isExhausted();
    if (!this.#isStored) return;
    this.#tables.make(TABLE, COLUMNS);
    const put = `INSERT INTO ${TABLE} (id, boot, epoch, is_open) VALUES (1, ?, ?, ?)
      ON CONFLICT DO UPDATE SET boot = excluded.boot, epoch = excluded.epoch, is_open = excluded.is_open`;
    this.#sql.exec(put, this.#boot, this.#epoch, this.#isOpen ? 1 : 0);
  }
}
