/** Retained events: a topic's latest event, kept for those who subscribe later (Event Retention). */

import type { StoreConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import type { RetainedRow } from "../host/storage.ts";
import { headOf, matches } from "../matching/covering.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { read, unreadable, write } from "../stored-records/stored-record.ts";
import type { EventBuffer } from "./acknowledgments.ts";
import { listsOf } from "./event-filter.ts";
import { isCurrent, isFor, RETAINED, type RetainedEvent } from "./retained-event.ts";
import type { Subscription } from "./subscriptions.ts";

export type RetentionConfig = StoreConfig["retain"];

/** A publication to be retained; `details` are those of its events. */
export interface Publication {
  readonly publication: Id;
  readonly topic: Uri;
  /** PUBLISH.Options. */
  readonly options: Dict;
  readonly details: Dict;
  readonly publisher: Pick<Session, "id">;
  readonly payload: Payload;
}

/** Events kept of one topic: the latest without restricted receivers, and the latest ones with. */
const EVENTS_PER_TOPIC = 16;

/** Characters or bytes of payloads in memory from which on they are written at the end of the turn. */
const MAX_UNSAVED = 1_048_576;

/** Characters of the rows of one replay: well below the unread bytes at which a client is disconnected. */
const MAX_REPLAY = 8_388_608;

/**
 * The share that remains when a limit is exceeded: finding the oldest rows reads all, so a tenth is removed at a time.
 */
const KEPT_SHARE = 0.9;

/** Milliseconds between two searches for rows that are too old, per second of `max_age`: a tenth of that age. */
const EXPIRY_INTERVAL = 100;

/**
 * Keeps the latest event of a topic without restricted receivers, and those with restricted receivers after it
 * (RET-06). An acknowledged event is written before PUBLISHED is sent; all others of a second are written together,
 * before the object can sleep, and are lost if it crashes before.
 */
export class Retention implements EventBuffer {
  readonly savesOnDemand = false;
  readonly #host: Host;
  readonly #config: RetentionConfig;
  readonly #declined = new PatternMap<true>();
  /** topic → its events, oldest first; topics whose events the store does not have yet */
  readonly #unsaved = new Map<Uri, readonly RetainedEvent[]>();
  #unsavedSize = 0;
  #lastAt = 0;
  /** When the next search for rows that are too old is due; milliseconds since the epoch. */
  #expiryDue = 0;

  constructor(host: Host, config: RetentionConfig) {
    this.#host = host;
    this.#config = config;
    for (const { uri, match } of config.decline) this.#declined.set(match, uri, true);
  }

  /** Can events of the topic be retained (RET-08)? */
  keeps(topic: Uri): boolean {
    return this.#declined.best(topic) === undefined;
  }

  /** Is an event of the topic retained now? */
  accepts(topic: Uri): boolean {
    return this.keeps(topic) && !this.#host.store.isFull;
  }

  /** Retains the event of a PUBLISH with `retain`, unless the configuration declines the topic or storage is full. */
  retain({ publication, topic, options, details, publisher, payload }: Publication): void {
    if (!this.accepts(topic)) return;
    const lists = listsOf(options);
    const excluded = options.exclude_me === false ? 0 : publisher.id;
    const at = this.#now();
    const seconds = options._retained_ttl as number | undefined;
    const until = seconds === undefined ? undefined : at + seconds * 1000;
    const event: RetainedEvent = { publication, at, details, lists, excluded, until, payload };
    this.#unsaved.set(topic, lists === undefined ? [event] : [...this.#restrictable(topic), event]);
    this.#unsavedSize += payload.size;
    if (this.#unsavedSize > MAX_UNSAVED) this.#host.scheduleStore();
    else this.#host.scheduleFlush();
  }

  /**
   * Removes the retained events of a topic, also those that are not written yet; false if there were none. Throws
   * storage_full if they could not be removed.
   */
  remove(topic: Uri): boolean {
    const { store } = this.#host;
    const events = this.#eventsOn(topic);
    if (!store.write(() => store.retained.delete(topic))) {
      throw new WampError(WampUri.STORAGE_FULL, `what is retained of ${topic} could not be removed`);
    }
    this.#unsaved.delete(topic);
    return events.some((event) => isCurrent(event, this.#oldest(), this.#host.now()));
  }

  /** Sends a new subscriber the latest retained event that it may receive, of each topic; the oldest first. */
  replay(session: Session, { id, match, topic }: Pick<Subscription, "id" | "match" | "topic">): void {
    for (const [eventTopic, { publication, details, payload }] of this.eventsFor(session, match, topic)) {
      const eventDetails = { ...details, retained: true, ...(match !== "exact" && { topic: eventTopic }) };
      session.transport.send([MessageType.EVENT, id, publication, eventDetails, payload]);
    }
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  save(): void {
    const { retained } = this.#host.store;
    for (const row of this.#unsavedRows()) retained.put(row);
    this.#trim();
  }

  onSaved(): void {
    this.#unsaved.clear();
    this.#unsavedSize = 0;
  }

  discard(): void {
    this.onSaved();
  }

  /** The rows that the store does not have yet, the oldest first. */
  #unsavedRows(): RetainedRow[] {
    return Array.from(this.#unsaved, ([topic, events]) => {
      return { topic, at: events.at(-1)!.at, text: write(RETAINED, { events }) };
    });
  }

  #trim(): void {
    const { limit, max_bytes, max_age } = this.#config;
    const { retained } = this.#host.store;
    const { rows, characters } = retained.size();
    const isFull = rows > limit || characters > max_bytes;
    const isExpiryDue = max_age !== undefined && this.#host.now() >= this.#expiryDue;
    if (!isFull && !isExpiryDue) return;
    const share = isFull ? KEPT_SHARE : 1;
    retained.trim(this.#oldest(), Math.ceil(limit * share), max_bytes * share);
    if (max_age !== undefined) this.#expiryDue = this.#host.now() + max_age * EXPIRY_INTERVAL;
  }

  /** The topic's events, with room for one more with restricted receivers. */
  #restrictable(topic: Uri): readonly RetainedEvent[] {
    const events = this.#eventsOn(topic);
    if (events.length < EVENTS_PER_TOPIC) return events;
    const [first, ...others] = events as [RetainedEvent, ...RetainedEvent[]];
    return first.lists === undefined ? [first, ...others.slice(1)] : others;
  }

  /** The latest event that the session may receive, of each topic that the pattern matches; the oldest first. */
  eventsFor(session: Session, match: Match, uri: Uri): [topic: Uri, event: RetainedEvent][] {
    if (match === "exact") {
      const event = this.#latestFor(session, this.#eventsOn(uri));
      return event === undefined ? [] : [[uri, event]];
    }
    const pattern = { match, uri };
    const found: [topic: Uri, event: RetainedEvent][] = [];
    let characters = 0;
    for (const row of this.#latest(headOf(pattern))) {
      const event = matches(pattern, row.topic) ? this.#latestFor(session, this.#eventsIn(row)) : undefined;
      if (event === undefined) continue;
      characters += row.text.length;
      if (characters > MAX_REPLAY) break;
      if (found.push([row.topic, event]) === this.#config.replay) break;
    }
    return found.sort(([, one], [, other]) => one.at - other.at);
  }

  /** The events of the topic, also those that are not written yet. */
  #eventsOn(topic: Uri): readonly RetainedEvent[] {
    return this.#unsaved.get(topic) ?? this.#eventsIn(this.#host.store.retained.get(topic));
  }

  /** The events of a row. One that this code cannot read is logged, and stays until it is replaced or too old. */
  #eventsIn(row: RetainedRow | undefined): readonly RetainedEvent[] {
    if (row === undefined) return [];
    const reading = read(RETAINED, row.text);
    if (reading.ok) return reading.value.events;
    this.#host.log(unreadable("retained", reading.cause, { topic: row.topic }));
    return [];
  }

  /** As `RetainedStore.latest`, with the rows that are not written yet. */
  *#latest(head: string): Generator<RetainedRow, void, undefined> {
    const unsaved = this.#unsavedRows().filter(({ topic }) => topic.startsWith(head));
    yield* unsaved.sort((one, other) => other.at - one.at);
    for (const row of this.#host.store.retained.latest(head)) if (!this.#unsaved.has(row.topic)) yield row;
  }

  #latestFor(session: Session, events: readonly RetainedEvent[]): RetainedEvent | undefined {
    const oldest = this.#oldest();
    const now = this.#host.now();
    return events.findLast((event) => isCurrent(event, oldest, now) && isFor(event, session));
  }

  /** Events retained before this time are too old; milliseconds since the epoch. */
  #oldest(): number {
    const { max_age } = this.#config;
    return max_age === undefined ? 0 : this.#host.now() - max_age * 1000;
  }

  /** The time in milliseconds since the epoch, no two alike. */
  #now(): number {
    this.#lastAt = Math.max(this.#host.now(), this.#lastAt + 0.001);
    return this.#lastAt;
  }
}
