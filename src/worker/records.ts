/** Where the records of connections are while the object sleeps: on their sockets, in SQLite what does not fit. */

import type { PeerRecord } from "../wamp/peer.ts";
import type { Terminator } from "../wamp/serializers/batched.ts";
import { subprotocolByName } from "../wamp/serializers/index.ts";
import type { Switchboard } from "./connection.ts";
import { Connection } from "./connection.ts";
import type { Tables } from "./storage/tables.ts";
import { partsOf } from "./storage/text-parts.ts";

/** A socket's attachment: JSON text, because its length tells the size. */
interface Attachment {
  readonly subprotocol: string;
  readonly terminator?: Terminator | undefined;
  /** Absent where the record is in storage. */
  readonly record?: PeerRecord;
  readonly storageKey?: string;
}

/** Bytes; the platform's limit is 16,384 including a short header of its own. */
const MAX_ATTACHMENT = 16_300;

export class Records {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Puts a connection's record on its socket, or into storage when it has outgrown that. */
  save(connection: Connection, record: PeerRecord): void {
    const { socket, subprotocol, terminator, storageKey } = connection;
    const attachment: Attachment = { subprotocol: subprotocol.name, terminator, record };
    const text = JSON.stringify(attachment);
    if (sizeOf(text) <= MAX_ATTACHMENT) {
      socket.serializeAttachment(text);
      if (storageKey !== undefined) this.forget(connection);
      return;
    }
    connection.storageKey ??= crypto.randomUUID();
    this.#store(connection.storageKey, JSON.stringify(record));
    const pointer: Attachment = { subprotocol: subprotocol.name, terminator, storageKey: connection.storageKey };
    socket.serializeAttachment(JSON.stringify(pointer));
  }

  /** The connection and record of a socket that slept; nothing for a socket that never was one of ours. */
  load(socket: WebSocket, switchboard: Switchboard): { connection: Connection; record: PeerRecord } | undefined {
    const text: unknown = socket.deserializeAttachment();
    if (typeof text !== "string") return undefined;
    // Written by `save`.
    const { subprotocol, terminator, record, storageKey } = JSON.parse(text) as Attachment;
    const connection = new Connection(socket, subprotocolByName.get(subprotocol)!, switchboard);
    connection.terminator = terminator;
    connection.storageKey = storageKey;
    const found = record ?? this.#fetch(storageKey!);
    return found && { connection, record: found };
  }

  /** Removes what storage holds of a connection. */
  forget(connection: Connection): void {
    if (connection.storageKey === undefined) return;
    this.#prepare();
    this.#sql.exec("DELETE FROM peer_record WHERE key = ?", connection.storageKey);
    connection.storageKey = undefined;
  }

  /** Removes what storage holds of connections that ended without notice, as in a restart. */
  forgetAllBut(connections: Iterable<Connection>): void {
    if (!this.#tables.has("peer_record")) return;
    const kept = new Set(Array.from(connections, ({ storageKey }) => storageKey));
    for (const { key } of this.#sql.exec<{ key: string }>("SELECT DISTINCT key FROM peer_record").toArray()) {
      if (!kept.has(key)) this.#sql.exec("DELETE FROM peer_record WHERE key = ?", key);
    }
  }

  #store(key: string, text: string): void {
    this.#prepare();
    this.#sql.exec("DELETE FROM peer_record WHERE key = ?", key);
    for (const [part, slice] of partsOf(text).entries()) {
      this.#sql.exec("INSERT INTO peer_record (key, part, text) VALUES (?, ?, ?)", key, part, slice);
    }
  }

  #fetch(key: string): PeerRecord | undefined {
    if (!this.#tables.has("peer_record")) return undefined;
    const rows = this.#sql.exec<{ text: string }>("SELECT text FROM peer_record WHERE key = ? ORDER BY part", key);
    const text = Array.from(rows, ({ text }) => text).join("");
    // Written by `#store`.
    return text === "" ? undefined : (JSON.parse(text) as PeerRecord);
  }

  #prepare(): void {
    this.#tables.make("peer_record", "key TEXT, part INTEGER, text TEXT, PRIMARY KEY (key, part)", "WITHOUT ROWID");
  }
}

/** Bytes of a string in V8's serialization: one a code unit, or two if any is beyond Latin-1. */
function sizeOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is Latin-1, control characters included.
  return /^[\u0000-\u00ff]*$/.test(text) ? text.length : 2 * text.length;
}
