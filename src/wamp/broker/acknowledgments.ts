/** PUBLISHED for events that are kept: sent when the events are stored, for many publications together. */

import type { Host } from "../host/host.ts";
import { PatternMap } from "../matching/pattern-map.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { MessageType } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** Keeps events in memory until `Acknowledgments.store` has them written. */
export interface EventBuffer {
  /** Does it save only when a publisher waits for that, because its events leave memory in another way? */
  readonly savesOnDemand: boolean;
  /** Can it take another event of the topic? Absent where it always can. */
  hasRoomFor?(topic: Uri): boolean;
  /** Is there anything that is not stored yet? */
  readonly hasUnsaved: boolean;
  /** Writes what is not stored yet; throws what storage throws. */
  save(): void;
  /** Everything that `save` wrote is stored. */
  onSaved(): void;
  /** Nothing that `save` wrote is stored, and no later `save` may write it: its publishers are told so. */
  discard(): void;
}

interface WaitingPublication {
  readonly publisher: Session;
  readonly request: Id;
  readonly publication: Id;
}

/** Milliseconds between two log lines about storage that takes nothing. */
const LOG_EVERY_MS = 60_000;

const NO_DETAILS = {};

/**
 * The publications of a realm whose PUBLISHED waits for storage (DESIGN: acknowledged means stored). All that wait share
 * one write. Where that fails, each publisher gets ERROR and the events are not kept.
 */
export class Acknowledgments {
  readonly #host: Host;
  readonly #buffers = new Set<EventBuffer>();
  /** Topics of which events are kept whatever the options of PUBLISH say. */
  readonly #storedTopics = new PatternMap<true>();
  #hasStoredTopics = false;
  #waiting: WaitingPublication[] = [];
  #refusals = 0;
  /** When the log told last of storage that is full; milliseconds since the epoch. */
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(host: Host) {
    this.#host = host;
  }

  /** `buffer` has something to save from now on. */
  addBuffer(buffer: EventBuffer): void {
    this.#buffers.add(buffer);
  }

  /** From now on a publication on a topic of this pattern is acknowledged when it is stored. */
  addStoredTopics(match: Match, uri: Uri): void {
    this.#storedTopics.set(match, uri, true);
    this.#hasStoredTopics = true;
  }

  /** Is an event of the topic kept, if PUBLISH does not ask for that itself? */
  isStored(topic: Uri): boolean {
    return this.#hasStoredTopics && this.#storedTopics.best(topic) !== undefined;
  }

  /** Refuses a publication that could not be stored; throws storage_full. */
  checkRoom(topic: Uri): void {
    const hasRoom = [...this.#buffers].every((buffer) => buffer.hasRoomFor?.(topic) ?? true);
    if (hasRoom && !this.#host.store.isFull) return;
    this.#refused(1);
    throw new WampError(WampUri.STORAGE_FULL, "the event cannot be stored");
  }

  /** The publisher gets PUBLISHED once everything published so far is stored. */
  add(publisher: Session, request: Id, publication: Id): void {
    this.#waiting.push({ publisher, request, publication });
    this.#host.scheduleStore();
  }

  /** Writes all that is not stored yet, and answers the publishers that wait for it. */
  store(): void {
    const { store } = this.#host;
    const isDemanded = this.#waiting.length > 0;
    const buffers = [...this.#buffers].filter((each) => each.hasUnsaved && (isDemanded || !each.savesOnDemand));
    // Most often there is nothing: storage is not even looked at.
    if (buffers.length === 0 && !isDemanded) return;
    if (store.isFull) {
      if (isDemanded) return this.#refuse();
      // Events that were not acknowledged stay in memory and are written when there is room.
      return this.#host.scheduleFlush();
    }
    const isStored =
      buffers.length === 0 ||
      store.write(() => {
        for (const buffer of buffers) buffer.save();
      });
    if (!isStored) return this.#refuse();
    for (const buffer of buffers) buffer.onSaved();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { publisher, request, publication } of waiting) {
      publisher.transport.send([MessageType.PUBLISHED, request, publication]);
    }
  }

  /** The session ends in order: it hears of its publications before it is told so. */
  complete(session: Session): void {
    if (this.#waiting.some(({ publisher }) => publisher === session)) this.store();
  }

  /** The session is gone; nothing is sent to it any more. */
  leave(session: Session): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(({ publisher }) => publisher !== session);
  }

  #refuse(): void {
    for (const buffer of this.#buffers) buffer.discard();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#refused(waiting.length);
    const { uri, payload } = new WampError(WampUri.STORAGE_FULL, "the event could not be stored");
    for (const { publisher, request } of waiting) {
      publisher.transport.send([MessageType.ERROR, MessageType.PUBLISH, request, NO_DETAILS, uri, payload]);
    }
  }

  #refused(count: number): void {
    this.#refusals += count;
    const now = this.#host.now();
    // A clock that was set back must not silence the log.
    if (now >= this.#loggedAt && now < this.#loggedAt + LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#host.log({ level: "error", event: "storage.full", cause: WampUri.STORAGE_FULL, refused: this.#refusals });
    this.#refusals = 0;
  }
}
