/** Event history in SQLite: many lines in one row, because the platform bills rows. */

import type { HistoryStore, LogRecord } from "../../wamp/host/storage.ts";
import type { Match } from "../../wamp/protocol/uri.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { Tables } from "./tables.ts";
import { PART_LENGTH, partsOf } from "./text-parts.ts";

const LOGS = "history_log";
const LOG_COLUMNS = "id INTEGER PRIMARY KEY, match TEXT, uri TEXT, created REAL";

// A batch has `count` lines; its first one is line `first` of the log. A batch that is too long for a row has several
// parts: `text` is that of the part, all other columns are those of the batch.
const BATCHES = "history_batch";
const BATCH_COLUMNS =
  "log INTEGER, first INTEGER, part INTEGER, count INTEGER, length INTEGER, time REAL, text TEXT, PRIMARY KEY (log, first, part)";

/**
 * Characters up to which lines are appended to the last batch of a log, instead of beginning a new one. That keeps rows
 * few to read and to delete if events are rare; rewriting a longer text for each event would cost more than it saves.
 */
const GROWING_LENGTH = 32_768;

/** The last batch of a log. */
interface Tail {
  readonly first: number;
  readonly count: number;
  readonly length: number;
}

const EMPTY_TAIL: Tail = { first: 0, count: 0, length: Number.POSITIVE_INFINITY };

/** The tables of all event logs of a realm. */
export class HistoryTables implements HistoryStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  /** log id → its last batch, if it has been read */
  readonly #tails = new Map<Id, Tail>();

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** All logs of the realm. */
  logs(): LogRecord[] {
    if (!this.#tables.has(LOGS)) return [];
    const rows = this.#sql.exec<{ id: number; match: Match; uri: string; created: number }>(`SELECT * FROM ${LOGS}`);
    return rows.toArray();
  }

  /** Adds a log. */
  create({ id, match, uri, created }: LogRecord): void {
    this.#tables.make(LOGS, LOG_COLUMNS);
    this.#tables.make(BATCHES, BATCH_COLUMNS, "WITHOUT ROWID");
    this.#sql.exec(`INSERT INTO ${LOGS} (id, match, uri, created) VALUES (?, ?, ?, ?)`, id, match, uri, created);
  }

  /** Deletes a log and its lines. */
  drop(logId: Id): void {
    this.#sql.exec(`DELETE FROM ${LOGS} WHERE id = ?`, logId);
    this.#sql.exec(`DELETE FROM ${BATCHES} WHERE log = ?`, logId);
    this.#tails.delete(logId);
  }

  /** Appends lines; `time` is that of the newest one, in milliseconds since the epoch. */
  append(logId: Id, lines: readonly string[], time: number): void {
    for (const batch of batchesOf(lines)) this.#appendBatch(logId, batch, time);
  }

  /** Yields the last `count` lines. */
  *read(logId: Id, count: number, isReversed: boolean): Generator<string, void, undefined> {
    const from = endOf(this.#tailOf(logId)) - count;
    for (const { first, text } of this.#batches(logId, from, isReversed)) {
      const lines = text.split("\n");
      lines.pop(); // The text ends with a newline.
      const firstCounted = Math.max(0, from - first);
      if (isReversed) for (let i = lines.length - 1; i >= firstCounted; i--) yield lines[i]!;
      else for (let i = firstCounted; i < lines.length; i++) yield lines[i]!;
    }
  }

  /** Deletes batches of which all lines are older than `time`, or before the last `count` lines. */
  trim(logId: Id, count: number, time: number): void {
    const remove = `DELETE FROM ${BATCHES} WHERE log = ? AND first <`;
    const from = endOf(this.#tailOf(logId)) - count;
    if (from > 0) this.#sql.exec(`${remove} (${BATCH_OF_LINE})`, logId, logId, from);
    if (time === Number.NEGATIVE_INFINITY) return;
    const firstInTime = `SELECT first FROM ${BATCHES} WHERE log = ? AND time >= ? ORDER BY first LIMIT 1`;
    this.#sql.exec(`${remove} coalesce((${firstInTime}), ${Number.MAX_SAFE_INTEGER})`, logId, logId, time);
    this.#tails.delete(logId);
  }

  /** Drops the cache: what was written may have been rolled back. */
  forget(): void {
    this.#tails.clear();
  }

  #appendBatch(logId: Id, { text, count }: Batch, time: number): void {
    const tail = this.#tailOf(logId);
    const length = tail.length + text.length;
    if (length <= GROWING_LENGTH) {
      const update = `UPDATE ${BATCHES} SET text = text || ?, count = count + ?, length = ?, time = ? WHERE log = ? AND first = ?`;
      this.#sql.exec(update, text, count, length, time, logId, tail.first);
      this.#tails.set(logId, { first: tail.first, count: tail.count + count, length });
      return;
    }
    const first = endOf(tail);
    const insert = `INSERT INTO ${BATCHES} (log, first, part, count, length, time, text) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    for (const [part, slice] of partsOf(text).entries()) {
      this.#sql.exec(insert, logId, first, part, count, text.length, time, slice);
    }
    this.#tails.set(logId, { first, count, length: text.length });
  }

  #tailOf(logId: Id): Tail {
    const known = this.#tails.get(logId);
    if (known !== undefined) return known;
    if (!this.#tables.has(BATCHES)) return EMPTY_TAIL;
    const query = `SELECT first, count, length FROM ${BATCHES} WHERE log = ? ORDER BY first DESC LIMIT 1`;
    const [row] = this.#sql.exec<{ first: number; count: number; length: number }>(query, logId);
    const tail = row ?? EMPTY_TAIL;
    this.#tails.set(logId, tail);
    return tail;
  }

  /** Yields the batches from the one with line `from` on, each with the text of all its parts. */
  *#batches(logId: Id, from: number, isReversed: boolean): Generator<{ first: number; text: string }, void, undefined> {
    if (!this.#tables.has(BATCHES)) return;
    const query = `SELECT first, text FROM ${BATCHES} WHERE log = ? AND first >= coalesce((${BATCH_OF_LINE}), 0)
      ORDER BY first ${isReversed ? "DESC" : "ASC"}, part`;
    let batch: { first: number; text: string } | undefined;
    for (const row of this.#sql.exec<{ first: number; text: string }>(query, logId, logId, from)) {
      if (row.first === batch?.first) {
        batch.text += row.text;
        continue;
      }
      if (batch !== undefined) yield batch;
      batch = row;
    }
    if (batch !== undefined) yield batch;
  }
}

/** Selects the first line of the batch that contains a line; bindings: log, line. */
const BATCH_OF_LINE = `SELECT max(first) FROM ${BATCHES} WHERE log = ? AND first <= ?`;

/** The number of the line after the last one. */
function endOf({ first, count }: Tail): number {
  return first + count;
}

/** Lines for one row. */
interface Batch {
  readonly text: string;
  readonly count: number;
}

/**
 * Joins lines to as few texts as possible that fit a row each; a newline ends each line. A line that is too long for a
 * row is alone.
 */
function batchesOf(lines: readonly string[]): Batch[] {
  const batches: { text: string; count: number }[] = [];
  for (const line of lines) {
    const last = batches.at(-1);
    if (last !== undefined && last.text.length + line.length < PART_LENGTH) {
      last.text += `${line}\n`;
      last.count++;
    } else batches.push({ text: `${line}\n`, count: 1 });
  }
  return batches;
}
