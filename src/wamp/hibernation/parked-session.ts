/** Stores a session without a connection, and the messages kept for it. */

import type { Log, Storage } from "../host/host.ts";
import type { ParkedStore } from "../host/storage.ts";
import type { RouterMessage } from "../protocol/message.ts";
import type { Peer } from "../session/peer.ts";
import type { KeptMessages, ResumableTransport } from "../session/resumable-transport.ts";
import { storedMessage } from "../session/resumable-transport.ts";
import type { Session } from "../session/session.ts";
import { messagesFromFormat1, parkedFromFormat1 } from "../stored-records/format-1.ts";
import {
  type Format,
  field,
  list,
  optional,
  type Reading,
  read,
  record,
  unreadable,
  usually,
  write,
} from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import { type SessionRecord, type SessionTables, sessionRecord } from "./peer-record.ts";
import { storedSession, storedTransportInfo } from "./session-record.ts";

/**
 * The record among a session's texts; messages count from 1. Release 0.1.0 has its record at 0 and reads no other:
 * after a rollback it takes these sessions for incomplete and removes them, instead of failing on each wake.
 */
const RECORD = -1;
const RECORD_OF_FORMAT_1 = 0;

/** The record of a parked session, beside its messages. */
export interface ParkedRecord extends Pick<Peer, "facts"> {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Number of the first message stored. */
  readonly first: number;
  readonly isLost: boolean;
  readonly session: SessionRecord;
}

const PARKED: Format<ParkedRecord> = {
  kind: "parked",
  codec: record<ParkedRecord>({
    facts: optional("f", storedTransportInfo),
    deadline: field("d", is.number),
    first: field("n", is.count),
    isLost: usually("l", is.flag, false),
    session: field("s", storedSession),
  }),
  steps: [parkedFromFormat1],
};

const MESSAGES: Format<{ readonly messages: readonly RouterMessage[] }> = {
  kind: "messages",
  codec: record({ messages: field("m", list(storedMessage)) }),
  steps: [messagesFromFormat1],
};

/**
 * The record is removed with the first change and written again last, in `flush`, so that a record found after a sudden
 * end of the object is complete.
 */
export class ParkedSession {
  readonly peer: Peer;
  readonly session: Session;
  readonly resumable: ResumableTransport;
  readonly deadline: number;
  readonly #store: ParkedStore;
  readonly #tables: SessionTables;
  /** Numbers of the first and the last message stored. */
  #first: number;
  #last: number;
  /** Texts with messages. */
  #batches: number;
  #isCurrent: boolean;

  /** `stored` is the session as storage has it already. */
  constructor(
    peer: Peer,
    session: Session,
    resumable: ResumableTransport,
    deadline: number,
    store: ParkedStore,
    tables: SessionTables,
    stored?: StoredSession,
  ) {
    this.peer = peer;
    this.session = session;
    this.resumable = resumable;
    this.deadline = deadline;
    this.#store = store;
    this.#tables = tables;
    const { first, messages } = stored?.kept ?? { first: resumable.kept.first, messages: [] };
    this.#first = first;
    this.#last = first + messages.length - 1;
    this.#batches = stored?.batches ?? 0;
    this.#isCurrent = stored !== undefined;
  }

  /** Removes the stored record, which is out of date now. */
  change(): void {
    if (this.#isCurrent) this.#removeRecord();
    this.#isCurrent = false;
  }

  /** Writes the new messages in one text, and the record after it. */
  flush(): void {
    if (this.#isCurrent) return;
    this.#storeMessages();
    const { facts } = this.peer;
    const { deadline, resumable, session } = this;
    const record: ParkedRecord = {
      facts,
      // A session that has lost a message cannot be resumed: it ends at once.
      deadline: resumable.isLost ? 0 : deadline,
      first: this.#first,
      isLost: resumable.isLost,
      session: sessionRecord(session, this.#tables),
    };
    this.#store.write(session.id, RECORD, write(PARKED, record));
    this.#isCurrent = true;
  }

  #removeRecord(): void {
    this.#store.remove(this.session.id, RECORD);
    this.#store.remove(this.session.id, RECORD_OF_FORMAT_1);
  }

  #storeMessages(): void {
    const { first, messages } = this.resumable.kept;
    // Before the first text is stored, the oldest messages may have been dropped to make room.
    if (this.#batches === 0) this.#first = first;
    const fresh = messages.slice(Math.max(0, this.#last + 1 - first));
    if (fresh.length === 0) return;
    this.#last = first + messages.length - 1;
    this.#store.write(this.session.id, ++this.#batches, write(MESSAGES, { messages: fresh }));
  }
}

/** A parked session as storage has it. */
export interface StoredSession {
  readonly record: ParkedRecord;
  readonly kept: KeptMessages;
  /** Texts with messages. */
  readonly batches: number;
}

/**
 * The sessions that were parked when the object ended. Those whose record is not complete are removed; those that this
 * code cannot read stay in storage and are logged.
 */
export function storedSessions(host: Storage & Log): StoredSession[] {
  const { parked } = host.store;
  return parked.owners().flatMap((session) => {
    const [head, ...batches] = parked.read(session);
    if (head === undefined || !(head[0] === RECORD || head[0] === RECORD_OF_FORMAT_1)) {
      parked.remove(session);
      return [];
    }
    const stored = storedSessionIn(head[1], batches);
    if (stored.ok) return [stored.value];
    host.log(unreadable("parked", stored.cause, { session }));
    return [];
  });
}

/** Reads the texts of one session, as `ParkedStore.read` lists them: the record, and the batches of messages. */
export function storedSessionIn(
  text: string,
  batches: readonly (readonly [entry: number, text: string])[],
): Reading<StoredSession> {
  const record = read(PARKED, text);
  if (!record.ok) return record;
  // A record is written only of sessions that can be resumed.
  if (record.value.session.resume === undefined) return { ok: false, cause: "the session cannot be resumed" };
  const messages: RouterMessage[] = [];
  for (const [, batch] of batches) {
    const kept = read(MESSAGES, batch);
    if (!kept.ok) return kept;
    messages.push(...kept.value.messages);
  }
  const { first } = record.value;
  return { ok: true, value: { record: record.value, kept: { first, messages }, batches: batches.length } };
}
