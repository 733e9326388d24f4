/** Retained events in SQLite: one per topic, found by the topic or by a prefix of it. */

import type { RetainedRow, RetainedStore } from "../../wamp/host/storage.ts";
import type { Tables } from "./tables.ts";
import { partsOf } from "./text-parts.ts";

const TABLE = "retained_event";

// No second index: it would double the rows that a retained event writes, and only a full table is searched for the
// oldest. The text comes last, so that SQLite reads the columns before it without it.
const COLUMNS = "topic TEXT, part INTEGER, at REAL, length INTEGER, text TEXT, PRIMARY KEY (topic, part)";

/** Topics and characters of a part of the table. */
interface Size {
  readonly rows: number;
  readonly characters: number;
}

const NOTHING: Size = { rows: 0, characters: 0 };

/** topic → event, as text of any length, with the time of its publication. */
export class RetainedTable implements RetainedStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  /** The size of the table, if it has been measured. */
  #size: Size | undefined;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Returns the event of a topic. */
  get(topic: string): RetainedRow | undefined {
    if (!this.#tables.has(TABLE)) return undefined;
    const query = `SELECT at, text FROM ${TABLE} WHERE topic = ? ORDER BY part`;
    const parts = this.#sql.exec<{ at: number; text: string }>(query, topic).toArray();
    const [first] = parts;
    return first && { topic, at: first.at, text: parts.map(({ text }) => text).join("") };
  }

  /** Yields the events of all topics that begin with `head`, the latest first. */
  *latest(head: string): Generator<RetainedRow, void, undefined> {
    if (!this.#tables.has(TABLE)) return;
    const end = afterAll(head);
    const range = end === undefined ? "topic >= ?" : "topic >= ? AND topic < ?";
    const query = `SELECT topic FROM ${TABLE} WHERE ${range} AND part = 0 ORDER BY at DESC`;
    const topics = this.#sql.exec<{ topic: string }>(query, ...(end === undefined ? [head] : [head, end])).toArray();
    for (const { topic } of topics) yield this.get(topic)!;
  }

  /** Stores an event in place of that of the same topic. */
  put({ topic, at, text }: RetainedRow): void {
    this.#tables.make(TABLE, COLUMNS, "WITHOUT ROWID");
    const { rows, characters } = this.size();
    const before = this.#measure("WHERE topic = ?", topic);
    const parts = partsOf(text);
    const insert = `INSERT INTO ${TABLE} (topic, part, at, length, text) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at = excluded.at, length = excluded.length, text = excluded.text`;
    for (const [part, slice] of parts.entries()) this.#sql.exec(insert, topic, part, at, slice.length, slice);
    this.#sql.exec(`DELETE FROM ${TABLE} WHERE topic = ? AND part >= ?`, topic, parts.length);
    this.#size = { rows: rows + 1 - before.rows, characters: characters + text.length - before.characters };
  }

  /** Deletes the event of a topic. */
  delete(topic: string): void {
    if (!this.#tables.has(TABLE)) return;
    this.#sql.exec(`DELETE FROM ${TABLE} WHERE topic = ?`, topic);
    this.#size = undefined;
  }

  /** Topics and characters of all events. */
  size(): Size {
    if (!this.#tables.has(TABLE)) return NOTHING;
    this.#size ??= this.#measure("");
    return this.#size;
  }

  /** Deletes events from before `time`, and then the oldest ones beyond `rows` topics or `characters`. */
  trim(time: number, rows: number, characters: number): void {
    if (!this.#tables.has(TABLE)) return;
    this.#sql.exec(`DELETE FROM ${TABLE} WHERE at < ?`, time);
    this.#size = this.#measure("");
    if (this.#size.rows <= rows && this.#size.characters <= characters) return;
    const query = `SELECT topic, sum(length) AS length FROM ${TABLE} GROUP BY topic ORDER BY min(at)`;
    for (const { topic, length } of this.#sql.exec<{ topic: string; length: number }>(query).toArray()) {
      if (this.#size.rows <= rows && this.#size.characters <= characters) return;
      this.#sql.exec(`DELETE FROM ${TABLE} WHERE topic = ?`, topic);
      this.#size = { rows: this.#size.rows - 1, characters: this.#size.characters - length };
    }
  }

  /** Drops the cache: what was written may have been rolled back. */
  forget(): void {
    this.#size = undefined;
  }

  #measure(where: string, ...bindings: string[]): Size {
    const query = `SELECT count(DISTINCT topic) AS rows, coalesce(sum(length), 0) AS characters FROM ${TABLE} ${where}`;
    const { rows, characters } = this.#sql.exec<{ rows: number; characters: number }>(query, ...bindings).one();
    return { rows, characters };
  }
}

/**
 * The least text after all that begin with `head`, in the order of code points, which is SQLite's; undefined if there
 * is none.
 */
export function afterAll(head: string): string | undefined {
  const codePoints = Array.from(head, (character) => character.codePointAt(0)!);
  while (codePoints.at(-1) === LAST_CODE_POINT) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return undefined;
  const next = last + 1 === SURROGATES ? SURROGATES_END : last + 1;
  return String.fromCodePoint(...codePoints, next);
}

const LAST_CODE_POINT = 0x10ffff;
const SURROGATES = 0xd800;
const SURROGATES_END = 0xe000;
