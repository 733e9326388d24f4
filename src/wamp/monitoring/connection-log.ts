/** The latest logins, refused logins and ends of sessions. */

import type { Clock } from "../host/host.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { Session } from "../session/session.ts";

const SIZE = 500;
/** Characters of a text. */
const MAX_TEXT = 500;

/** What happened to a connection. */
export type ConnectionEvent = Arrival | "left" | Failure;
/** How a session came to its connection. */
export type Arrival = "joined" | "resumed";
/** Why a connection has no session: the router refused one, or the client left or did not ask for one in time. */
export type Failure = "refused" | "abandoned";

/** An entry; a field that the event does not have is undefined. */
export interface ConnectionEntry {
  /** Counts up from 1. */
  id: number;
  /** Milliseconds since the epoch. */
  time: number;
  event: ConnectionEvent | undefined;
  session: Id | undefined;
  authid: string | undefined;
  authrole: string | undefined;
  authmethod: unknown;
  /** The address of the client is known only where the realm uses it, its network wherever the platform knows it. */
  network: string | undefined;
  address: string | undefined;
  /** The header `Origin`, where the realm uses the address. */
  origin: string | undefined;
  agent: string | undefined;
  /** Why the session left or the login was refused: a URI, or a short text. */
  reason: string | undefined;
  /** What the log says of a refused login. */
  cause: string | undefined;
  /** How long the session was there; unknown where the realm slept meanwhile. */
  duration_ms: number | undefined;
  /** Messages of the session, and messages to its connection, since the realm woke. */
  messages_received: number | undefined;
  messages_sent: number | undefined;
}

const NOTHING: ConnectionEntry = {
  id: 0,
  time: 0,
  event: undefined,
  session: undefined,
  authid: undefined,
  authrole: undefined,
  authmethod: undefined,
  network: undefined,
  address: undefined,
  origin: undefined,
  agent: undefined,
  reason: undefined,
  cause: undefined,
  duration_ms: undefined,
  messages_received: undefined,
  messages_sent: undefined,
};

/** A ring of entries, which are made with the first one and used again: a login makes no new object. */
export class ConnectionLog {
  readonly #host: Clock;
  #entries: ConnectionEntry[] = [];
  readonly #since: number;
  #last = 0;
  /** The connection of the last failure. */
  #failed: Partial<Peer> | undefined;

  constructor(host: Clock) {
    this.#host = host;
    this.#since = host.now();
  }

  /** The latest entries, oldest first, without their undefined fields. */
  entries(): Dict[] {
    const used = this.#entries.filter(({ id }) => id > 0).sort((a, b) => a.id - b.id);
    return used.map((entry) => {
      const known = Object.entries(entry).filter(([, value]) => value !== undefined);
      return { ...Object.fromEntries(known), time: new Date(entry.time).toISOString() };
    });
  }

  /** A session has begun, or goes on with another connection. */
  joined(session: Session, peer: Peer, event: Arrival): void {
    const entry = this.#next(event, peer);
    session.joinedAt = entry.time - this.#since;
    describe(entry, session);
  }

  /** A session has ended. Returns the entry, which is used again later. */
  left(session: Session, peer: Peer | undefined, reason: string): Readonly<ConnectionEntry> {
    const entry = this.#next("left", peer);
    describe(entry, session);
    entry.reason = short(reason);
    if (session.joinedAt >= 0) entry.duration_ms = entry.time - this.#since - session.joinedAt;
    entry.messages_received = session.messagesReceived;
    entry.messages_sent = session.transport.traffic?.messagesSent;
    return entry;
  }

  /**
   * A connection got no session; the second argument has `authid` and `method`, as far as they are known. Only the first
   * call for a connection makes an entry: the router closes the connection of a refused login at once.
   */
  failed(event: Failure, peer: Partial<Peer>, { authid, method }: Dict, reason: string, cause?: string): void {
    if (peer === this.#failed) return;
    this.#failed = peer;
    const entry = this.#next(event, peer);
    entry.authid = short(authid);
    entry.authmethod = method;
    entry.reason = short(reason);
    entry.cause = short(cause);
  }

  #next(event: ConnectionEvent, peer: Partial<Peer> | undefined): ConnectionEntry {
    if (this.#last === 0) this.#entries = Array.from({ length: SIZE }, () => ({ ...NOTHING }));
    const entry = Object.assign(this.#entries[this.#last % SIZE]!, NOTHING);
    entry.id = ++this.#last;
    entry.time = this.#host.now();
    entry.event = event;
    entry.network = peer?.network;
    entry.address = peer?.facts?.peer;
    entry.origin = short(peer?.facts?.http_headers_received.origin);
    return entry;
  }
}

/** Undefined for a long text: clients choose them, and a part of a text would keep all of it in memory. */
function short(text: unknown): string | undefined {
  return typeof text === "string" && text.length <= MAX_TEXT ? text : undefined;
}

function describe(entry: ConnectionEntry, { id, identity, agent }: Session): void {
  entry.session = id;
  entry.authid = short(identity.authid);
  entry.authrole = identity.authrole;
  entry.authmethod = identity.authmethod;
  entry.agent = agent;
}
