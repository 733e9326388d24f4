/** Retained events: a topic's latest event, kept for those who subscribe later (Event Retention). */

import type { StoreConfig } from "../config/realm.ts";
import type { Host } from "../host/host.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Dict, Id, Uri } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { retainedFromFormat1 } from "../records/format-1.ts";
import { payloadField } from "../records/stored-payload.ts";
import {
  type Format,
  field,
  list,
  optional,
  read,
  record,
  unreadable,
  usually,
  write,
} from "../records/stored-record.ts";
import * as is from "../records/stored-values.ts";
import type { Session } from "../session/session.ts";
import type { EventKeeper } from "./acknowledgments.ts";
import { EventFilter, listsOf } from "./event-filter.ts";
import type { Subscription } from "./subscriptions.ts";

/** What is kept of one topic. */
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
  /** Removes the topic's row, if there is one. */
  delete(topic: Uri): void;
  /** Rows, and the characters of their texts. */
  size(): { readonly rows: number; readonly characters: number };
  /** Drops the rows from before `time`, then the oldest until no more than so many rows and characters are left. */
  trim(time: number, rows: number, characters: number): void;
}

export type RetentionConfig = StoreConfig["retain"];

/** A publication to be retained; `details` are those its events have. */
export interface Publication {
  readonly publication: Id;
  readonly topic: Uri;
  /** Of the PUBLISH. */
  readonly options: Dict;
  readonly details: Dict;
  readonly publisher: Session;
  readonly payload: Payload;
}

interface RetainedEvent {
  readonly publication: Id;
  readonly at: number;
  readonly details: Dict;
  /** The lists of PUBLISH that restrict receivers, if any; they are judged for each later subscriber. */
  readonly lists: Dict | undefined;
  /** The publisher, where it does not get its own event; else 0. */
  readonly excluded: Id;
  /** When it is kept no longer, where the publisher said so; milliseconds since the epoch. */
  readonly until: number | undefined;
  readonly payload: Payload;
}

/** The events of one topic in a row. */
const RETAINED: Format<{ readonly events: readonly RetainedEvent[] }> = {
  kind: "retained",
  codec: record({
    events: field(
      "e",
      list(
        record<RetainedEvent>({
          publication: field("i", is.id),
          at: field("t", is.number),
          details: is.details("d"),
          lists: optional("l", is.dict),
          excluded: usually("x", is.count, 0),
          until: optional("u", is.number),
          payload: payloadField("p"),
        }),
      ),
    ),
  }),
  steps: [retainedFromFormat1],
};

/** Events kept of one topic: the one for everybody, and the latest of those for some. */
const EVENTS_PER_TOPIC = 16;

/** Characters or bytes of payloads that wait in memory until they are written at the end of the turn. */
const MAX_UNSAVED = 1_048_576;

/** Characters of the rows behind one replay: well below what a client may leave unread before it is cut off. */
const MAX_REPLAY = 8_388_608;

/** What remains when there is too much: a tenth goes at a time, because finding the oldest takes a look at all. */
const KEPT_SHARE = 0.9;

/** Milliseconds between two looks for what is too old, for each second of `max_age`: a tenth of that age. */
const EXPIRY_INTERVAL = 100;

/**
 * Keeps the latest event a publisher marked for everybody, and after it those it marked for some (RET-06). A retained
 * event is written before PUBLISHED is sent; one without acknowledgment within a second, together with the others of
 * that time: a crash before that loses it, sleep does not.
 */
export class Retention implements EventKeeper {
  readonly savesOnDemand = false;
  readonly #host: Host;
  readonly #config: RetentionConfig;
  readonly #declined = new PatternMap<true>();
  /** topic → its events as they are now, oldest first, where the store does not have them yet */
  readonly #unsaved = new Map<Uri, readonly RetainedEvent[]>();
  #unsavedSize = 0;
  #lastAt = 0;
  /** When rows that are too old are looked for again; milliseconds since the epoch. */
  #expiryDue = 0;

  constructor(host: Host, config: RetentionConfig) {
    this.#host = host;
    this.#config = config;
    for (const { uri, match } of config.decline) this.#declined.set(match, uri, true);
  }

  /** Whether events of the topic can be retained (RET-08). */
  keeps(topic: Uri): boolean {
    return this.#declined.best(topic) === undefined;
  }

  /** Takes a PUBLISH with `retain`; on topics where retention is declined, and while storage is full, it does nothing. */
  retain({ publication, topic, options, details, publisher, payload }: Publication): void {
    if (!this.keeps(topic) || this.#host.store.isFull) return;
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
   * Removes what is retained of a topic, also of an event that is not written yet; whether there was anything. Throws
   * storage_full where it could not be removed.
   */
  remove(topic: Uri): boolean {
    const { store } = this.#host;
    const events = this.#unsaved.get(topic) ?? this.#eventsIn(store.retained.get(topic));
    if (!store.write(() => store.retained.delete(topic))) {
      throw new WampError(WampUri.STORAGE_FULL, `what is retained of ${topic} could not be removed`);
    }
    this.#unsaved.delete(topic);
    const now = this.#host.now();
    return events.some(({ at, until = Number.POSITIVE_INFINITY }) => at >= this.#oldest() && until > now);
  }

  /** Sends a subscriber what was retained for it: of each topic the latest event it may receive, the oldest first. */
  replay(session: Session, { id, match, topic }: Subscription): void {
    const events = match === "exact" ? this.#eventOf(topic, session) : this.#eventsOf(match, topic, session);
    for (const [eventTopic, { publication, details, payload }] of events) {
      const eventDetails =
        match === "exact" ? { ...details, retained: true } : { ...details, retained: true, topic: eventTopic };
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

  saved(): void {
    this.#unsaved.clear();
    this.#unsavedSize = 0;
  }

  discard(): void {
    this.saved();
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

  /** The topic's events to which one for some may be added. */
  #restrictable(topic: Uri): readonly RetainedEvent[] {
    const events = this.#unsaved.get(topic) ?? this.#eventsIn(this.#host.store.retained.get(topic));
    if (events.length < EVENTS_PER_TOPIC) return events;
    const [first, ...others] = events as [RetainedEvent, ...RetainedEvent[]];
    return first.lists === undefined ? [first, ...others.slice(1)] : others;
  }

  #eventOf(topic: Uri, session: Session): [topic: Uri, event: RetainedEvent][] {
    const event = this.#latestFor(
      session,
      this.#unsaved.get(topic) ?? this.#eventsIn(this.#host.store.retained.get(topic)),
    );
    return event === undefined ? [] : [[topic, event]];
  }

  #eventsOf(match: "prefix" | "wildcard", pattern: Uri, session: Session): [topic: Uri, event: RetainedEvent][] {
    const found: [topic: Uri, event: RetainedEvent][] = [];
    let characters = 0;
    const components = match === "wildcard" ? pattern.split(".") : undefined;
    for (const row of this.#latest(components === undefined ? pattern : headOf(components))) {
      if (components !== undefined && !isMatched(components, row.topic)) continue;
      const event = this.#latestFor(session, this.#eventsIn(row));
      if (event === undefined) continue;
      characters += row.text.length;
      if (characters > MAX_REPLAY) break;
      if (found.push([row.topic, event]) === this.#config.replay) break;
    }
    return found.sort(([, one], [, other]) => one.at - other.at);
  }

  /** A row that this code cannot read stays until the next retained event of its topic, or until it is too old. */
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
    return events.findLast(({ at, lists, excluded, until = Number.POSITIVE_INFINITY }) => {
      if (at < oldest || until <= now || excluded === session.id) return false;
      return lists === undefined || EventFilter.of(lists)!.admits(session);
    });
  }

  /** When the oldest event was retained that still counts. */
  #oldest(): number {
    const { max_age } = this.#config;
    return max_age === undefined ? 0 : this.#host.now() - max_age * 1000;
  }

  #now(): number {
    this.#lastAt = Math.max(this.#host.now(), this.#lastAt + 0.001);
    return this.#lastAt;
  }
}

/** What every topic that matches a wildcard pattern begins with. */
function headOf(components: readonly string[]): string {
  const wildcard = components.indexOf("");
  return wildcard < 0
    ? components.join(".")
    : components
        .slice(0, wildcard)
        .map((literal) => `${literal}.`)
        .join("");
}

function isMatched(components: readonly string[], topic: Uri): boolean {
  const actual = topic.split(".");
  return actual.length === components.length && components.every((own, i) => own === "" || own === actual[i]);
}
