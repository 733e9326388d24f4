/** The event log of one subscription (Event History). */

import type { StoreConfig } from "../config/realm.ts";
import type { Clock, Log, Storage } from "../host/host.ts";
import type { LogRecord } from "../host/storage.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import { read, unreadable, write } from "../records/stored-record.ts";
import { EVENT, type LoggedEvent } from "./logged-event.ts";

/** The part of a realm's configuration that names the topics and patterns with a log. */
export type HistoryConfig = StoreConfig["event-history"];

/** Learns of each event that waits in memory to be stored. */
export interface LogObserver {
  onAdd(log: EventLog, event: LoggedEvent): void;
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
  readonly #observer: LogObserver;
  readonly #host: Clock & Storage & Log;
  /** Does the store know the log? Not where it had no room when the log began. */
  #isCreated: boolean;
  /** The newest events, oldest first, which the store does not have yet. */
  #unsaved: LoggedEvent[] = [];

  constructor(
    { id, match, uri, created }: LogRecord,
    config: HistoryConfig[number],
    observer: LogObserver,
    host: Clock & Storage & Log,
    isCreated = true,
  ) {
    this.#isCreated = isCreated;
    this.id = id;
    this.match = match;
    this.uri = uri;
    this.created = created;
    this.#limit = config.limit;
    this.#maxAge = (config.max_age ?? Number.POSITIVE_INFINITY) * 1000;
    this.#observer = observer;
    this.#host = host;
  }

  /** While storage is full nothing is added: memory would have to hold it for as long as that lasts. */
  add(event: LoggedEvent): void {
    if (this.#host.store.isFull) return;
    this.#unsaved.push(event);
    // What is beyond the limit before it was written is never written.
    if (this.#unsaved.length >= 2 * this.#limit) this.#unsaved = this.#unsaved.slice(-this.#limit);
    this.#observer.onAdd(this, event);
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
