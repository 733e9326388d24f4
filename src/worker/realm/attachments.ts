/** Stores the records of connections for the object's sleep: as attachments of their sockets, large ones in SQLite. */

import type { PeerRecord } from "../../wamp/hibernation/peer-record.ts";
import { PEER, sessionIn } from "../../wamp/hibernation/session-record.ts";
import type { Terminator } from "../../wamp/serializers/batched.ts";
import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import { subprotocolByName } from "../../wamp/serializers/subprotocols.ts";
import type { Peer } from "../../wamp/session/peer.ts";
import { attachmentFromFormat1 } from "../../wamp/stored-records/format-1.ts";
import type { Codec, Format, Reading } from "../../wamp/stored-records/stored-record.ts";
import {
  field,
  oneOf,
  optional,
  pack,
  read,
  record,
  Unreadable,
  unpack,
  value,
  write,
} from "../../wamp/stored-records/stored-record.ts";
import * as is from "../../wamp/stored-records/stored-values.ts";
import type { Tables } from "../storage/tables.ts";
import { partsOf } from "../storage/text-parts.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";

/** A connection with its peer. */
export interface OpenConnection {
  readonly connection: Connection;
  readonly peer: Peer;
}

/** A connection from before the object's sleep, with the record of its peer. */
export interface StoredConnection {
  readonly connection: Connection;
  readonly record: Reading<PeerRecord>;
}

/** The attachment of a socket: JSON text, because its length tells the size. */
interface Attachment {
  readonly subprotocol: Subprotocol;
  readonly terminator?: Terminator | undefined;
  /** Absent if the record is in storage. Records have a format of their own. */
  readonly peer?: unknown;
  readonly storageKey?: string | undefined;
}

const subprotocol: Codec<Subprotocol> = {
  write: ({ name }) => name,
  read(json, at) {
    const known = subprotocolByName.get(json as string);
    if (known === undefined) throw new Unreadable(`${at} is unknown`);
    return known;
  },
};

const attachment = record<Attachment>({
  subprotocol: field("subprotocol", subprotocol),
  terminator: optional("t", oneOf<Terminator>("\u001e", "\u0018")),
  peer: optional<unknown>(
    "p",
    value(() => true),
  ),
  storageKey: optional("k", is.text),
});

/**
 * Release 0.1.0 reads `subprotocol` and `record`. After a rollback it finds a login that sleep has interrupted, and
 * ends each connection with ABORT instead of leaving it open without a session.
 */
const FOR_FORMAT_1 = { record: { kind: "authenticating", deadline: 0 } };

const ATTACHMENT: Format<Attachment> = {
  kind: "attachment",
  codec: { ...attachment, write: (own) => ({ ...(attachment.write(own) as object), ...FOR_FORMAT_1 }) },
  steps: [attachmentFromFormat1],
};

/** Bytes; the limit of the platform is 16,384, including a short header of its own. */
const MAX_ATTACHMENT = 16_300;

/** Writes and reads the records of connections. */
export class Attachments {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  /** Connections whose records have changed since they were saved. */
  readonly #changed = new Set<Connection>();

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Notes that the record of a connection differs from the saved one. */
  markChanged(connection: Connection): void {
    this.#changed.add(connection);
  }

  /** Saves the changed records of connections that are open; `recordOf` makes the record of a peer. */
  saveChanged(open: ReadonlyMap<WebSocket, OpenConnection>, recordOf: (peer: Peer) => PeerRecord): void {
    for (const connection of this.#changed) {
      const known = open.get(connection.socket);
      if (known !== undefined) this.#save(connection, recordOf(known.peer));
    }
    this.#changed.clear();
  }

  /** Writes a record to the attachment of the socket, or to storage if it is too large for that. */
  #save(connection: Connection, record: PeerRecord): void {
    const { socket, subprotocol, terminator, storageKey } = connection;
    const peer = pack(PEER, record);
    const text = write(ATTACHMENT, { subprotocol, terminator, peer });
    if (sizeOf(text) <= MAX_ATTACHMENT) {
      socket.serializeAttachment(text);
      if (storageKey !== undefined) this.#deleteRow(connection);
      return;
    }
    connection.storageKey ??= crypto.randomUUID();
    this.#store(connection.storageKey, JSON.stringify(peer));
    const pointer: Attachment = { subprotocol, terminator, storageKey: connection.storageKey };
    socket.serializeAttachment(write(ATTACHMENT, pointer));
  }

  /** Reads the connection and record of a socket after sleep; undefined for a socket without attachment (callees). */
  load(socket: WebSocket, context: ConnectionContext): Reading<StoredConnection> | undefined {
    const text: unknown = socket.deserializeAttachment();
    if (text === null || text === undefined) return undefined;
    if (typeof text !== "string") return { ok: false, cause: "it is no text" };
    const reading = read(ATTACHMENT, text);
    if (!reading.ok) return reading;
    const { subprotocol, terminator, peer, storageKey } = reading.value;
    const connection = new Connection(socket, subprotocol, context);
    connection.terminator = terminator;
    connection.storageKey = storageKey;
    const record = peer === undefined ? this.#fetch(storageKey) : unpack(PEER, peer);
    return {
      ok: true,
      value: { connection, record: record.ok ? record : { ...record, session: sessionIn(peer) } },
    };
  }

  /** Removes what storage holds of a connection that has ended. */
  forget(connection: Connection): void {
    this.#changed.delete(connection);
    this.#deleteRow(connection);
  }

  #deleteRow(connection: Connection): void {
    if (connection.storageKey === undefined) return;
    this.#prepare();
    this.#sql.exec("DELETE FROM peer_record WHERE key = ?", connection.storageKey);
    connection.storageKey = undefined;
  }

  /** Removes from storage the records of connections that ended unnoticed, as in a restart. */
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

  #fetch(key: string | undefined): Reading<PeerRecord> {
    if (key === undefined || !this.#tables.has("peer_record")) return MISSING;
    const rows = this.#sql.exec<{ text: string }>("SELECT text FROM peer_record WHERE key = ? ORDER BY part", key);
    const text = Array.from(rows, ({ text }) => text).join("");
    return text === "" ? MISSING : read(PEER, text);
  }

  #prepare(): void {
    this.#tables.make("peer_record", "key TEXT, part INTEGER, text TEXT, PRIMARY KEY (key, part)", "WITHOUT ROWID");
  }
}

const MISSING = { ok: false, cause: "it is not in storage" } as const;

/** Bytes of a string in V8's serialization: one a code unit, or two if any of them is beyond Latin-1. */
function sizeOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is Latin-1, control characters included.
  return /^[\u0000-\u00ff]*$/.test(text) ? text.length : 2 * text.length;
}
