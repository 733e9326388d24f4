/** The event logs of a realm, and when they are written to storage (Event History). */

import type { Host } from "../host/host.ts";
import type { LogRecord } from "../host/storage.ts";
import { idFromText } from "../protocol/id.ts";
import { field, readRow, record, unreadable } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { EventBuffer } from "./acknowledgments.ts";
import { EventLog, type HistoryConfig, type LogObserver } from "./event-log.ts";
import type { LoggedEvent } from "./logged-event.ts";

/** A row of the table of logs. */
const LOG = record<LogRecord>({
  id: field("id", is.id),
  match: field("match", is.match),
  uri: field("uri", is.text),
  created: field("created", is.number),
});

/** Characters or bytes of events in memory from which on they are written at the end of the turn. */
const MAX_UNSAVED = 524_288;

/** Bytes that one event counts besides its payload. */
const EVENT_OVERHEAD = 200;

/**
 * The logs of a realm. Acknowledged events are written before PUBLISHED is sent; all others of a second are written
 * together, before the object can sleep, and are lost if it crashes before.
 */
export class EventHistory implements EventBuffer, LogObserver {
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

  /** Logs a row that this code cannot read. It stays in storage: another version may be able to read it. */
  #isReadable(row: LogRecord): boolean {
    const reading = readRow(LOG, row);
    if (!reading.ok) this.#host.log(unreadable("log", reading.cause, { uri: row.uri }));
    return reading.ok;
  }

  onAdd(log: EventLog, { payload }: LoggedEvent): void {
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

  onSaved(): void {
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
    // The same id at every start: subscribers may have it before the log is stored.
    const record: LogRecord = { id: idFromText(`history ${match} ${uri}`), match, uri, created: this.#host.now() };
    return new EventLog(record, config, this, this.#host, false);
  }
}
