/** The tables in which a realm stores what outlives its sessions; each feature reads its own. */

import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";

/**
 * Storage that answers at once. What is written in one turn becomes durable together, and no message sent in that turn
 * or later arrives before it is. A realm that never writes has no storage, and reading it costs next to nothing.
 */
export interface Store {
  /** Whether no more events fit; the router then refuses requests that promise storage. */
  readonly isFull: boolean;
  /** Makes all of the changes or, where storage fails, none, and then returns false. */
  write(changes: () => void): boolean;
  readonly retained: RetainedStore;
  readonly history: HistoryStore;
  readonly testaments: TestamentStore;
  /** Cookie → identity. */
  readonly cookies: ExpiringStore;
  /** Authids that are locked out. */
  readonly lockouts: ExpiringStore;
  readonly roles: RoleStore;
  /** Sessions that wait for their clients to resume. */
  readonly parked: ParkedStore;
  /** Events to be sent to webhooks. */
  readonly outgoing: OutgoingStore;
}

/** Texts that expire. Times are milliseconds since the epoch. */
export interface ExpiringStore {
  /** The text of an id, unless it has expired. */
  get(id: string, now: number): string | undefined;
  /** Sets the text of an id and removes all expired texts. */
  put(id: string, text: string, expiresAt: number, now: number): void;
  delete(id: string): void;
}

/** The retained events of one topic. */
export interface RetainedRow {
  readonly topic: Uri;
  /** When its latest event was retained: milliseconds since the epoch, no two alike. */
  readonly at: number;
  /** The events of the topic, for `Retention` to read. */
  readonly text: string;
}

/** One row per topic. */
export interface RetainedStore {
  get(topic: Uri): RetainedRow | undefined;
  /** The rows whose topics begin with `head`, the latest first; the store must not change meanwhile. */
  latest(head: string): Iterable<RetainedRow>;
  /** Adds the row or replaces the topic's. */
  put(row: RetainedRow): void;
  /** Removes the topic's row, if present. */
  delete(topic: Uri): void;
  /** Rows, and the characters of their texts. */
  size(): { readonly rows: number; readonly characters: number };
  /** Removes the rows from before `time`, then the oldest until no more than so many rows and characters are left. */
  trim(time: number, rows: number, characters: number): void;
}

/** One log: the events of one subscription, which exists as long as the log does, with or without subscribers. */
export interface LogRecord {
  /** Also the subscription's id; it stays the same across restarts. */
  readonly id: Id;
  readonly match: Match;
  readonly uri: Uri;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** Logs of lines of text, each line one event, for `EventLog` to read. */
export interface HistoryStore {
  logs(): readonly LogRecord[];
  create(log: LogRecord): void;
  /** Removes the log and its events. */
  drop(logId: Id): void;
  /** Adds lines at the end, written at `time` (milliseconds since the epoch). */
  append(logId: Id, lines: readonly string[], time: number): void;
  /** The last `count` lines, from the newest or from the oldest of them; the store must not change meanwhile. */
  read(logId: Id, count: number, isReversed: boolean): Iterable<string>;
  /** Removes all but the last `count` lines, and of those written before `time`; a few more may stay. */
  trim(logId: Id, count: number, time: number): void;
}

/** Session id → text, for `Testaments` to read. */
export interface TestamentStore {
  /** The sessions with testaments. */
  owners(): readonly Id[];
  get(sessionId: Id): string | undefined;
  put(sessionId: Id, text: string): void;
  delete(sessionId: Id): void;
}

/** Role → text, for `ManagedRoles` to read. */
export interface RoleStore {
  /** By name. */
  all(): Iterable<readonly [name: string, text: string]>;
  put(name: string, text: string): void;
  delete(name: string): void;
}

/** Session id → numbered texts: one is the session's record, those after it are its messages in their order. */
export interface ParkedStore {
  /** The sessions that have any text. */
  owners(): readonly Id[];
  /** All texts of a session by their numbers, in order. */
  read(sessionId: Id): readonly (readonly [entry: number, text: string])[];
  /** Sets the text under the number. */
  write(sessionId: Id, entry: number, text: string): void;
  /** Removes one text, or all of the session. */
  remove(sessionId: Id, entry?: number): void;
}

/** Receiver → numbered texts, in order. */
export interface OutgoingStore {
  /** The receivers with texts. */
  receivers(): readonly string[];
  /** All texts for a receiver, the lowest number first. */
  texts(receiver: string): readonly string[];
  /** Adds a text whose number is higher than those of the receiver's other texts. */
  put(receiver: string, number: number, text: string): void;
  /** Removes the texts up to a number. */
  remove(receiver: string, upTo: number): void;
}
