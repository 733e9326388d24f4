/** A session without a connection, and how it is stored meanwhile. */

import type { KeptMessages, Lifeline, StoredMessage } from "./lifeline.ts";
import { restoreMessage, storeMessage } from "./lifeline.ts";
import type { Id, RouterMessage } from "./message.ts";
import type { Peer, SessionRecord } from "./peer.ts";
import { sessionRecord } from "./peer.ts";
import type { Session } from "./session.ts";

/** Session id → numbered texts: 0 is the session's record, the others are its messages in their order. */
export interface ParkedStore {
  /** The sessions that have any text. */
  owners(): readonly Id[];
  /** All texts of a session by their numbers, in order. */
  read(sessionId: Id): readonly (readonly [entry: number, text: string])[];
  /** Replaces what is there under the number. */
  write(sessionId: Id, entry: number, text: string): void;
  /** Removes one text, or all of the session. */
  remove(sessionId: Id, entry?: number): void;
}

/** The record among a session's texts. */
const RECORD = 0;

/** What is stored of a parked session beside its messages. */
export interface ParkedRecord extends Pick<Peer, "facts"> {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Number of the first message stored. */
  readonly first: number;
  readonly isLost: boolean;
  readonly session: SessionRecord;
}

/**
 * Storage is behind until `settle`, and then says so: the record is removed with the first change and written again
 * last, so that what is found after a sudden end of the object is complete.
 */
export class ParkedSession {
  readonly peer: Peer;
  readonly session: Session;
  readonly lifeline: Lifeline;
  readonly deadline: number;
  readonly #store: ParkedStore;
  /** Numbers of the first and the last message stored. */
  #first: number;
  #last: number;
  /** Texts with messages. */
  #batches: number;
  #isCurrent: boolean;

  /** `stored` is what storage has of the session already. */
  constructor(
    peer: Peer,
    session: Session,
    lifeline: Lifeline,
    deadline: number,
    store: ParkedStore,
    stored?: StoredSession,
  ) {
    this.peer = peer;
    this.session = session;
    this.lifeline = lifeline;
    this.deadline = deadline;
    this.#store = store;
    const { first, messages } = stored?.kept ?? { first: lifeline.kept.first, messages: [] };
    this.#first = first;
    this.#last = first + messages.length - 1;
    this.#batches = stored?.batches ?? 0;
    this.#isCurrent = stored !== undefined;
  }

  /** Storage does not tell the truth any more. */
  change(): void {
    if (this.#isCurrent) this.#store.remove(this.session.id, RECORD);
    this.#isCurrent = false;
  }

  /** Writes what is new, in one text. */
  settle(): void {
    if (this.#isCurrent) return;
    this.#storeMessages();
    const { facts } = this.peer;
    const { deadline, lifeline, session } = this;
    const record: ParkedRecord = {
      facts,
      // Nothing is left to wait for.
      deadline: lifeline.isLost ? 0 : deadline,
      first: this.#first,
      isLost: lifeline.isLost,
      session: sessionRecord(session),
    };
    this.#store.write(session.id, RECORD, JSON.stringify(record));
    this.#isCurrent = true;
  }

  #storeMessages(): void {
    const { first, messages } = this.lifeline.kept;
    // Until something is stored the oldest may still have made room.
    if (this.#batches === 0) this.#first = first;
    const fresh = messages.slice(Math.max(0, this.#last + 1 - first));
    if (fresh.length === 0) return;
    this.#last = first + messages.length - 1;
    this.#store.write(this.session.id, ++this.#batches, JSON.stringify(fresh.map(storeMessage)));
  }
}

/** A parked session as storage tells of it. */
export interface StoredSession {
  readonly record: ParkedRecord;
  readonly kept: KeptMessages;
  /** Texts with messages. */
  readonly batches: number;
}

/** The sessions that were parked when the object ended; those whose record is not complete are forgotten. */
export function storedSessions(store: ParkedStore): StoredSession[] {
  return store.owners().flatMap((id) => {
    const [head, ...batches] = store.read(id);
    if (head?.[0] !== RECORD) {
      store.remove(id);
      return [];
    }
    // Written by `ParkedSession`.
    const record = JSON.parse(head[1]) as ParkedRecord;
    const messages: RouterMessage[] = batches.flatMap(([, text]) =>
      (JSON.parse(text) as StoredMessage[]).map(restoreMessage),
    );
    return [{ record, kept: { first: record.first, messages }, batches: batches.length }];
  });
}
