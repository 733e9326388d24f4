/** Sends PUBLISHED for events that are stored, after storage has them: one write for many publications. */

import type { Host } from "../host/host.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** Holds events in memory until `Acknowledgments.store` saves them. */
export interface EventBuffer {
  /** Does it save only when a publisher waits for PUBLISHED, because its events leave memory in another way? */
  readonly savesOnDemand: boolean;
  /** Can it take another event of the topic? Absent where it always can. */
  hasRoomFor?(topic: Uri): boolean;
  /** Does it hold events that are not stored yet? */
  readonly hasUnsaved: boolean;
  /** Writes the events that are not stored yet; throws what storage throws. */
  save(): void;
  /** Called when everything that `save` wrote is stored. */
  onSaved(): void;
  /** Drops what `save` wrote: it is not stored, and its publishers get ERROR, so no later `save` may write it. */
  discard(): void;
}

interface WaitingPublication {
  readonly publisher: Session;
  readonly request: Id;
  readonly publication: Id;
}

/** Milliseconds between two log lines about full storage. */
const LOG_EVERY_MS = 60_000;

const NO_DETAILS = {};

/**
 * The publications of a realm whose PUBLISHED waits for storage: what is acknowledged must survive a crash. All that
 * wait share one write. If it fails, each publisher gets ERROR and the events are dropped.
 */
export class Acknowledgments {
  readonly #host: Host;
  readonly #buffers = new Set<EventBuffer>();
  /** Topics whose events are stored whatever the options of PUBLISH say. */
  readonly #storedTopics = new PatternMap<true>();
  #hasStoredTopics = false;
  #waiting: WaitingPublication[] = [];
  #refusals = 0;
  /** When full storage was logged last; milliseconds since the epoch. */
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Saves the events of `buffer`, too, from now on. */
  addBuffer(buffer: EventBuffer): void {
    this.#buffers.add(buffer);
  }

  /** Acknowledges publications on topics of this pattern only when they are stored. */
  addStoredTopics(match: Match, uri: Uri): void {
    this.#storedTopics.set(match, uri, true);
    this.#hasStoredTopics = true;
  }

  /** Are the events of the topic stored, whatever the options of PUBLISH? */
  isStored(topic: Uri): boolean {
    return this.#hasStoredTopics && this.#storedTopics.best(topic) !== undefined;
  }

  /** Throws storage_full if a publication on the topic could not be stored. */
  checkRoom(topic: Uri): void {
    if (!this.takeRoom(topic)) throw new WampError(WampUri.STORAGE_FULL, "the event cannot be stored");
  }

  /** Could a publication on the topic be stored? Where not, it counts as refused. */
  takeRoom(topic: Uri): boolean {
    const hasRoom = this.hasRoom(topic);
    if (!hasRoom) this.#logFull(1);
    return hasRoom;
  }

  /** Could a publication on the topic be stored? */
  hasRoom(topic: Uri): boolean {
    return [...this.#buffers].every((buffer) => buffer.hasRoomFor?.(topic) ?? true) && !this.#host.store.isFull;
  }

  /** Sends PUBLISHED to the publisher once everything published so far is stored. */
  add(publisher: Session, request: Id, publication: Id): void {
    this.#waiting.push({ publisher, request, publication });
    this.#host.scheduleStore();
  }

  /** Saves all buffers that have to, and sends PUBLISHED or ERROR to the publishers that wait. */
  store(): void {
    const { store } = this.#host;
    const isDemanded = this.#waiting.length > 0;
    const buffers = [...this.#buffers].filter((each) => each.hasUnsaved && (isDemanded || !each.savesOnDemand));
    // The usual case at the end of a turn; even asking storage whether it is full would cost something.
    if (buffers.length === 0 && !isDemanded) return;
    if (store.isFull) {
      if (isDemanded) return this.#discard();
      // Events without acknowledgment stay in memory and are written when storage has room again.
      return this.#host.scheduleFlush();
    }
    const isStored =
      buffers.length === 0 ||
      store.write(() => {
        for (const buffer of buffers) buffer.save();
      });
    if (!isStored) return this.#discard();
    for (const buffer of buffers) buffer.onSaved();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { publisher, request, publication } of waiting) {
      publisher.transport.send([MessageType.PUBLISHED, request, publication]);
    }
  }

  /** Sends what a session waits for, before GOODBYE or the WELCOME of a resumed session goes out. */
  complete(session: Session): void {
    if (this.#waiting.some(({ publisher }) => publisher === session)) this.store();
  }

  /** Forgets the publications of a session that has ended. */
  leave(session: Session): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(({ publisher }) => publisher !== session);
  }

  #discard(): void {
    for (const buffer of this.#buffers) buffer.discard();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#logFull(waiting.length);
    const { uri, payload } = new WampError(WampUri.STORAGE_FULL, "the event could not be stored");
    for (const { publisher, request } of waiting) {
      publisher.transport.send([MessageType.ERROR, MessageType.PUBLISH, request, NO_DETAILS, uri, payload]);
    }
  }

  #logFull(count: number): void {
    this.#refusals += count;
    const now = this.#host.now();
    // After the clock was set back `now` may be far below `#loggedAt`.
    if (now >= this.#loggedAt && now < this.#loggedAt + LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#host.log({ level: "error", event: "storage.full", cause: WampUri.STORAGE_FULL, refused: this.#refusals });
    this.#refusals = 0;
  }
}
