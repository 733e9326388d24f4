/** Tables of a webhook's object: pending events, events delivered lately, dead letters. */

import type { LogLine } from "../../wamp/host/log-line.ts";
import type { Id, Uri } from "../../wamp/protocol/values.ts";
import { field, readRow, record, unreadable } from "../../wamp/stored-records/stored-record.ts";
import * as is from "../../wamp/stored-records/stored-values.ts";
import { writeLog } from "../platform/log.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { WebhookBatch, WebhookEvent } from "./webhook-batch.ts";

const PENDING = {
  publication: field("publication", is.id),
  topic: field("topic", is.text),
  body: field("body", is.text),
  tries: field("tries", is.count),
};
const HEAD = record<WebhookEvent & Pick<DeadLetter, "tries">>({ ...PENDING, sequence: field("sequence", is.number) });
const LETTER = record<DeadLetter>({
  ...PENDING,
  id: field("id", is.id),
  reason: field("reason", is.text),
  at: field("at", is.number),
});

/** Events; as many as a receiver that was down for hours can catch up on. */
const MOST_PENDING = 100_000;
const MOST_DEAD = 10_000;
/** Milliseconds for which duplicates of an event are recognized. */
const MEMORY_MS = 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
/** Characters of bodies on one page; the platform's RPC is limited to 32 MB. */
const MOST_LISTED = 8_000_000;
/** Milliseconds for which events wait for an earlier batch: queues may delay a batch by a minute. */
const ORDER_MS = 60_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS pending (publication INTEGER PRIMARY KEY, topic TEXT, sequence INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS pending_order ON pending (topic, sequence);
CREATE TABLE IF NOT EXISTS topic (topic TEXT PRIMARY KEY, tries INTEGER, due_at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settled (publication INTEGER PRIMARY KEY, at INTEGER);
CREATE TABLE IF NOT EXISTS gap (after INTEGER PRIMARY KEY, first INTEGER, until INTEGER);
CREATE TABLE IF NOT EXISTS dead (id INTEGER PRIMARY KEY AUTOINCREMENT, publication INTEGER, topic TEXT,
  sequence INTEGER, body TEXT, tries INTEGER, reason TEXT, at INTEGER);`;

/**
 * Delivers events of one topic in order. The table `topic` has a row with the due time of each topic with pending
 * events.
 */
export class DeliveryQueue {
  readonly #sql: SqlStorage;
  readonly #log: (line: LogLine) => void;
  #pending: number;
  #forgetAt = 0;

  /** `log` receives a line for each row that cannot be read. */
  constructor(sql: SqlStorage, log: (line: LogLine) => void = writeLog) {
    this.#sql = sql;
    this.#log = log;
    sql.exec(SCHEMA);
    this.#pending = sql.exec<{ rows: number }>("SELECT count(*) AS rows FROM pending").one().rows;
  }

  /**
   * Stores new events of a batch; times are milliseconds since the epoch. Returns the events that exceed MOST_PENDING,
   * as dead letters.
   */
  accept({ after, events }: Pick<WebhookBatch, "after" | "events">, now: number): readonly DeadLetter[] {
    this.#forget(now);
    const fresh = events.filter(({ publication }) => !this.#knows(publication));
    const dead = fresh.flatMap((event) => {
      if (this.#pending >= MOST_PENDING)
        return this.#deadLetter({ ...event, tries: 0 }, "too many events are pending", now);
      this.#insert(event, now);
      return [];
    });
    const first = events[0];
    if (after !== undefined && first !== undefined && !this.#knows(after)) {
      this.#sql.exec("INSERT OR IGNORE INTO gap VALUES (?, ?, ?)", after, first.sequence, now + ORDER_MS);
    }
    for (const { publication } of fresh) this.#close("after = ?", publication, now);
    return dead;
  }

  /** Topics that are due, longest waiting first. */
  due(now: number, limit: number): Uri[] {
    this.#close("until <= ?", now, now);
    const query = "SELECT topic FROM topic WHERE due_at <= ? ORDER BY due_at LIMIT ?";
    return Array.from(this.#sql.exec<{ topic: string }>(query, now, limit), ({ topic }) => topic);
  }

  /** Due time of the next topic. */
  get dueAt(): number | undefined {
    return this.#sql.exec<{ at: number | null }>("SELECT min(due_at) AS at FROM topic").one().at ?? undefined;
  }

  /** The next event of a topic, with the number of its failed attempts; removes a topic without events. */
  head(topic: Uri): (WebhookEvent & { readonly tries: number }) | undefined {
    const gap = this.#sql.exec<{ first: number | null; until: number | null }>(
      "SELECT min(first) AS first, min(until) AS until FROM gap",
    );
    const { first, until } = gap.one();
    const query = `SELECT publication, topic, sequence, body, tries FROM pending JOIN topic USING (topic)
      WHERE topic = ? ORDER BY sequence LIMIT 1`;
    const [head] = this.#sql.exec<
      Record<"publication" | "sequence" | "tries", number> & Record<"topic" | "body", string>
    >(query, topic);
    const reading = head && readRow(HEAD, head);
    if (reading?.ok === false) {
      this.#setAside(head!.publication, reading.cause);
      return this.head(topic);
    }
    if (head === undefined) this.#sql.exec("DELETE FROM topic WHERE topic = ?", topic);
    else if (first === null || head.sequence < first) return head;
    else this.postpone(topic, head.tries, until!);
    return undefined;
  }

  /** Removes the delivered head of its topic and resets the topic's attempts. */
  delivered({ publication, topic, tries }: Pick<DeadLetter, "publication" | "topic" | "tries">, now: number): void {
    this.#sql.exec("DELETE FROM pending WHERE publication = ?", publication);
    this.#sql.exec("INSERT OR REPLACE INTO settled VALUES (?, ?)", publication, now);
    this.#pending--;
    if (tries > 0) this.postpone(topic, 0, now);
  }

  /** Delivers no event of the topic before `dueAt`. */
  postpone(topic: Uri, tries: number, dueAt: number): void {
    this.#sql.exec("UPDATE topic SET tries = ?, due_at = ? WHERE topic = ?", tries, dueAt, topic);
  }

  /** Makes the head of its topic a dead letter. */
  giveUp(event: WebhookEvent & { readonly tries: number }, reason: string, now: number): DeadLetter {
    this.delivered(event, now);
    return this.#deadLetter(event, reason, now);
  }

  /** Dead letters with ids above `after`, oldest first. */
  deadLetters(after: number, limit: number): DeadLetter[] {
    const query = `SELECT id, publication, topic, body, tries, reason, at FROM dead WHERE id > ? ORDER BY id LIMIT ?`;
    const letters: DeadLetter[] = [];
    let characters = 0;
    for (const letter of this.#sql.exec<{ [K in keyof DeadLetter]: DeadLetter[K] }>(query, after, limit)) {
      if (!readRow(LETTER, letter).ok) continue;
      characters += letter.body.length;
      if (characters > MOST_LISTED && letters.length > 0) break;
      letters.push(letter);
    }
    return letters;
  }

  /** Makes dead letters pending again, by default all of them; returns their number. */
  redeliver(ids: readonly number[] | undefined, now: number): number {
    const all = ids ?? Array.from(this.#sql.exec<{ id: number }>("SELECT id FROM dead"), ({ id }) => id);
    return all.filter((id) => this.#revive(id, now)).length;
  }

  #revive(id: number, now: number): boolean {
    const query = "DELETE FROM dead WHERE id = ? RETURNING publication, topic, sequence, body";
    const [event] = this.#sql.exec<Record<"publication" | "sequence", number> & Record<"topic" | "body", string>>(
      query,
      id,
    );
    if (event === undefined) return false;
    this.#sql.exec("DELETE FROM settled WHERE publication = ?", event.publication);
    this.#insert(event, now);
    return true;
  }

  #insert({ publication, topic, sequence, body }: WebhookEvent, now: number): void {
    this.#sql.exec("INSERT INTO pending VALUES (?, ?, ?, ?)", publication, topic, sequence, body);
    this.#sql.exec("INSERT OR IGNORE INTO topic VALUES (?, 0, ?)", topic, now);
    this.#pending++;
  }

  #deadLetter(event: WebhookEvent & { readonly tries: number }, reason: string, at: number): DeadLetter {
    const { publication, topic, sequence, body, tries } = event;
    this.#sql.exec("INSERT OR REPLACE INTO settled VALUES (?, ?)", publication, at);
    const insert = `INSERT INTO dead (publication, topic, sequence, body, tries, reason, at)
      VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`;
    const row = this.#sql.exec<{ id: number }>(insert, publication, topic, sequence, body, tries, reason, at);
    const { id } = row.one();
    this.#sql.exec("DELETE FROM dead WHERE id <= ?", id - MOST_DEAD);
    return { id, publication, topic, body, tries, reason, at };
  }

  /** Moves a row that cannot be read to the dead letters, unchanged. */
  #setAside(publication: Id, cause: string): void {
    this.#log(unreadable("mail", cause));
    const move = `INSERT INTO dead (publication, topic, sequence, body, tries, reason, at)
      SELECT publication, topic, sequence, body, 0, ?, ? FROM pending WHERE publication = ?`;
    this.#sql.exec(move, `unreadable: ${cause}`, Date.now(), publication);
    this.#sql.exec("DELETE FROM pending WHERE publication = ?", publication);
    this.#pending--;
  }

  #knows(publication: Id): boolean {
    const query = `SELECT 1 FROM pending WHERE publication = ?1 UNION ALL SELECT 1 FROM settled WHERE publication = ?1`;
    return this.#sql.exec(query, publication).toArray().length > 0;
  }

  /** Reads the whole table, so it runs once an hour at most. */
  #forget(now: number): void {
    if (now < this.#forgetAt) return;
    this.#forgetAt = now + FORGET_EVERY_MS;
    this.#sql.exec("DELETE FROM settled WHERE at <= ?", now - MEMORY_MS);
  }

  /** Makes topics due that waited for a gap to close; topics that wait for a retry keep waiting. */
  #close(condition: string, value: number, now: number): void {
    const { rowsWritten } = this.#sql.exec(`DELETE FROM gap WHERE ${condition}`, value);
    if (rowsWritten > 0) this.#sql.exec("UPDATE topic SET due_at = ? WHERE tries = 0", now);
  }
}
