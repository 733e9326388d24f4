/** The event log of one subscription (Event History). */

import type { StoreConfig } from "../config/realm.ts";
import type { Clock, Log, Storage } from "../host/host.ts";
import type { LogRecord } from "../host/storage.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import { read, unreadable, write } from "../stored-records/stored-record.ts";
import { EVENT, type LoggedEvent } from "./logged-event.ts";

/** The part of a realm's configuration that names the topics and patterns with a log. */
export type HistoryConfig = StoreConfig["event-history"];

/** Learns of each event that waits in memory to be stored. */
export interface LogObserver {
  onAdd(log: EventLog, event: LoggedEvent): void;
}

/** The log of one subscription, in the order of arrival. Reading applies the bounds exactly, storage may have more. */
export class EventLog implements LogRecord {
  readonly id: Id;
  readonly match: Match;
  readonly uri: Uri;
  readonly created: number;
  readonly #limit: number;
  /** Age in milliseconds from which on an event is not returned. */
  readonly #maxAge: number;
  readonly #observer: LogObserver;
  readonly #host: Clock & Storage & Log;
  /** Is the log in the store? Not if the store was full when the log began. */
  #isCreated: boolean;
  /** The newest events, which the store does not have yet; oldest first. */
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

  /** Does the log take events now? */
  get accepts(): boolean {
    return !this.#host.store.isFull;
  }

  /**
   * Adds an event. While storage is full events are dropped: they would have to stay in memory for as long as that
   * lasts.
   */
  add(event: LoggedEvent): void {
    if (!this.accepts) return;
    this.#unsaved.push(event);
    // Events beyond the limit need not be written at all.
    if (this.#unsaved.length >= 2 * this.#limit) this.#unsaved = this.#unsaved.slice(-this.#limit);
    this.#observer.onAdd(this, event);
  }

  /** All events, oldest or newest first; the log must not change while they are read. */
  *events(isReversed: boolean): Generator<LoggedEvent, void, undefined> {
    const oldest = this.#oldest();
    for (const event of this.#all(isReversed)) if (event.time >= oldest) yield event;
  }

  /** Writes the events that the store does not have yet; they stay in memory until `forgetUnsaved`. */
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

  /** Drops the events in memory: the store has them, or must not get them. */
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

  /** The events of the lines. Leaves out those that this code cannot read, and logs them in one line. */
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

  /** Events before this time are too old; milliseconds since the epoch. */
  #oldest(): number {
    return this.#host.now() - this.#maxAge;
  }
}
