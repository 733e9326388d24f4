/** Events that wait to be handed over to webhooks, in SQLite: texts of any length by receiver and number. */

import type { OutgoingStore } from "../../wamp/host/storage.ts";
import type { Tables } from "./tables.ts";
import { partsOf } from "./text-parts.ts";

const TABLE = "outgoing";
const COLUMNS = "receiver TEXT, number INTEGER, part INTEGER, text TEXT, PRIMARY KEY (receiver, number, part)";

/** receiver, number → text. A receiver is the name of a webhook. */
export class OutgoingTable implements OutgoingStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** The receivers that have texts. */
  receivers(): string[] {
    if (!this.#tables.has(TABLE)) return [];
    const rows = this.#sql.exec<{ receiver: string }>(`SELECT DISTINCT receiver FROM ${TABLE}`);
    return Array.from(rows, ({ receiver }) => receiver);
  }

  /** The texts of a receiver in the order of their numbers. */
  texts(receiver: string): string[] {
    if (!this.#tables.has(TABLE)) return [];
    const query = `SELECT number, text FROM ${TABLE} WHERE receiver = ? ORDER BY number, part`;
    const texts = new Map<number, string>();
    for (const { number, text } of this.#sql.exec<{ number: number; text: string }>(query, receiver)) {
      texts.set(number, (texts.get(number) ?? "") + text);
    }
    return [...texts.values()];
  }

  /** Stores a text under a number that is not in use. */
  put(receiver: string, number: number, text: string): void {
    this.#tables.make(TABLE, COLUMNS, "WITHOUT ROWID");
    const insert = `INSERT INTO ${TABLE} (receiver, number, part, text) VALUES (?, ?, ?, ?)`;
    for (const [part, slice] of partsOf(text).entries()) this.#sql.exec(insert, receiver, number, part, slice);
  }

  /** Deletes the texts with numbers up to `upTo`. */
  remove(receiver: string, upTo: number): void {
    if (!this.#tables.has(TABLE)) return;
    this.#sql.exec(`DELETE FROM ${TABLE} WHERE receiver = ? AND number <= ?`, receiver, upTo);
  }
}
