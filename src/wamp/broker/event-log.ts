/** Event history: what was published on the topics and patterns for which the configuration asks to keep it (Event History). */

import type { StoreConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import { idFromText } from "../protocol/id.ts";
import type { Dict, Id, Uri } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import { eventFromFormat1 } from "../records/format-1.ts";
import { payloadField } from "../records/stored-payload.ts";
import { type Format, field, optional, read, readRow, record, unreadable, write } from "../records/stored-record.ts";
import * as is from "../records/stored-values.ts";
import type { EventKeeper } from "./acknowledgments.ts";
import { listsOf } from "./event-filter.ts";

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
  /** Removes the log and all it holds. */
  drop(logId: Id): void;
  /** Adds lines at the end, written at `time` (milliseconds since the epoch). */
  append(logId: Id, lines: readonly string[], time: number): void;
  /** The last `count` lines, from the newest or from the oldest of them; the store must not change meanwhile. */
  read(logId: Id, count: number, isReversed: boolean): Iterable<string>;
  /** Lets go of all but the last `count` lines, and of those written before `time`; a few more may stay. */
  trim(logId: Id, count: number, time: number): void;
}

export type HistoryConfig = StoreConfig["event-history"];

/** One event as it is kept. */
export interface LoggedEvent {
  readonly publication: Id;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly topic: Uri;
  /** Without what depends on the subscription. */
  readonly details: Dict;
  /** The lists of PUBLISH that name authids and authroles, if any; they are judged for whoever asks. */
  readonly lists: Dict | undefined;
  readonly payload: Payload;
}

const LOG = record<LogRecord>({
  id: field("id", is.id),
  match: field("match", is.match),
  uri: field("uri", is.text),
  created: field("created", is.number),
});

/** A line of a log. */
const EVENT: Format<LoggedEvent> = {
  kind: "event",
  codec: record<LoggedEvent>({
    publication: field("i", is.id),
    time: field("t", is.number),
    topic: field("u", is.text),
    details: is.details("d"),
    lists: optional("l", is.dict),
    payload: payloadField("p"),
  }),
  steps: [eventFromFormat1],
};

/** Characters or bytes of payloads that wait in memory until they are written at the end of the turn. */
const MAX_UNSAVED = 524_288;

/** What one event adds to that besides its payload. */
const EVENT_OVERHEAD = 200;

/**
 * The logs of a realm. Acknowledged events are written before PUBLISHED is sent, the others within a second, all of that
 * time together, and before the object can sleep; a crash before that loses those others.
 */
export class History implements EventKeeper {
  readonly logs: readonly EventLog[];
  readonly savesOnDemand = false;
  readonly #host: Host;
  readonly #unsaved = new Set<EventLog>();
  #unsavedSize = 0;

  constructor(host: Host, config: HistoryConfig) {
    this.#host = host;
    const stored = host.store.history.logs().filter((log) => this.#isReadable(log));
    this.logs = config.map((entry) => this.#open(entry, stored));
    for (const { id } of stored) if (!this.logs.some((log) => log.id === id)) host.store.history.drop(id);
  }

  /** A row that this code cannot read stays in storage; its events are not found until a version can read it. */
  #isReadable(row: LogRecord): boolean {
    const reading = readRow(LOG, row);
    if (!reading.ok) this.#host.log(unreadable("log", reading.cause, { uri: row.uri }));
    return reading.ok;
  }

  /** An event has been added to `log` and waits in memory. */
  added(log: EventLog, { payload }: LoggedEvent): void {
    this.#unsaved.add(log);
    this.#unsavedSize += payload.size + EVENT_OVERHEAD;
    if (this.#unsavedSize > MAX_UNSAVED) this.#host.scheduleStore();
    else this.#host.scheduleFlush();
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  save(): void {
    for (const log of this.#unsaved) log.save();
  }

  saved(): void {
    this.#forget(true);
  }

  discard(): void {
    this.#forget(false);
  }

  #forget(areStored: boolean): void {
    for (const log of this.#unsaved) log.forgetUnsaved(areStored);
    this.#unsaved.clear();
    this.#unsavedSize = 0;
  }

  #open(config: HistoryConfig[number], stored: readonly LogRecord[]): EventLog {
    const known = stored.find(({ match, uri }) => match === config.match && uri === config.uri);
    if (known !== undefined) return new EventLog(known, config, this, this.#host);
    const { match, uri } = config;
    // The id is the same at every start, for subscribers may know it before there is anything to store.
    const record: LogRecord = { id: idFromText(`history ${match} ${uri}`), match, uri, created: this.#host.now() };
    return new EventLog(record, config, this, this.#host, false);
  }
}

/** The log of one subscription, in the order of arrival; its bounds are exact for whoever reads it. */
export class EventLog implements LogRecord {
  readonly id: Id;
  readonly match: Match;
  readonly uri: Uri;
  readonly created: number;
  readonly #limit: number;
  /** Milliseconds. */
  readonly #maxAge: number;
  readonly #history: History;
  readonly #host: Host;
  /** Does the store know the log? Not where it had no room when the log began. */
  #isCreated: boolean;
  /** The newest events, oldest first, which the store does not have yet. */
  #unsaved: LoggedEvent[] = [];

  constructor(
    { id, match, uri, created }: LogRecord,
    config: HistoryConfig[number],
    history: History,
    host: Host,
    isCreated = true,
  ) {
    this.#isCreated = isCreated;
    this.id = id;
    this.match = match;
    this.uri = uri;
    this.created = created;
    this.#limit = config.limit;
    this.#maxAge = (config.max_age ?? Number.POSITIVE_INFINITY) * 1000;
    this.#history = history;
    this.#host = host;
  }

  /** While storage is full nothing is added: memory would have to hold it for as long as that lasts. */
  add(event: LoggedEvent): void {
    if (this.#host.store.isFull) return;
    this.#unsaved.push(event);
    // What is beyond the limit before it was written is never written.
    if (this.#unsaved.length >= 2 * this.#limit) this.#unsaved = this.#unsaved.slice(-this.#limit);
    this.#history.added(this, event);
  }

  /** Every event there is, oldest first or newest first; nothing must be added while they are read. */
  *events(isReversed: boolean): Generator<LoggedEvent, void, undefined> {
    const oldest = this.#oldest();
    for (const event of this.#all(isReversed)) if (event.time >= oldest) yield event;
  }

  /** Writes the events that the store does not have; they stay in memory until `forgetUnsaved`. */
  save(): void {
    const { history } = this.#host.store;
    if (!this.#isCreated) history.create(this);
    history.append(
      this.id,
      this.#unsaved.slice(-this.#limit).map((event) => write(EVENT, event)),
      this.#host.now(),
    );
    history.trim(this.id, this.#limit, this.#oldest());
  }

  /** The store has them, or must not get them. */
  forgetUnsaved(isStored: boolean): void {
    this.#isCreated ||= isStored;
    this.#unsaved = [];
  }

  *#all(isReversed: boolean): Generator<LoggedEvent, void, undefined> {
    const unsaved = this.#unsaved.slice(-this.#limit);
    if (isReversed) yield* unsaved.reverse();
    const lines = this.#host.store.history.read(this.id, this.#limit - unsaved.length, isReversed);
    yield* this.#eventsIn(lines);
    if (!isReversed) yield* unsaved;
  }

  /** The events of the lines; those that this code cannot read are left out, and one line tells of all. */
  *#eventsIn(lines: Iterable<string>): Generator<LoggedEvent, void, undefined> {
    let fault: string | undefined;
    let count = 0;
    for (const line of lines) {
      const reading = read(EVENT, line);
      if (reading.ok) yield reading.value;
      else {
        fault ??= reading.cause;
        count++;
      }
    }
    if (fault !== undefined) this.#host.log(unreadable("event", fault, { uri: this.uri, count }));
  }

  /** When the oldest event happened that still counts. */
  #oldest(): number {
    return this.#host.now() - this.#maxAge;
  }
}

/**
 * Whether logs keep a publication with these options. Not one that names sessions: their ids mean nothing to those who
 * ask later (Event History: Security Aspects).
 */
export function isLoggable(options: Dict): boolean {
  return !Array.isArray(options.exclude) && !Array.isArray(options.eligible);
}

/** A publication as logs keep it. */
export function loggedEvent(
  publication: Id,
  time: number,
  topic: Uri,
  options: Dict,
  details: Dict,
  payload: Payload,
): LoggedEvent {
  return { publication, time, topic, details, lists: listsOf(options), payload };
}
