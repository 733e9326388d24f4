/** The port through which the pure core reaches everything outside it. */

import type { Account } from "../authorization/audit.ts";
import type { RoleStore } from "../authorization/managed-roles.ts";
import type { HistoryStore } from "../broker/event-log.ts";
import type { RetainedStore } from "../broker/retention.ts";
import type { ParkedStore } from "../hibernation/parked-session.ts";
import type { RouterMessage } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { TestamentStore } from "../session/testaments.ts";
import type { LogLine } from "./log-line.ts";
import type { OutgoingStore } from "./outgoing-store.ts";

/** Clock, randomness, wake-ups and storage of one realm. */
export interface Host {
  /**
   * Milliseconds since the epoch by a clock that never goes back while the object lives: for durations and timestamps.
   * It may be ahead of the wall clock when that was set back.
   */
  now(): number;
  /** Milliseconds since the epoch by the wall clock: for what others have dated, such as tokens. */
  wallTime(): number;
  /** A random id for the global and router scopes, uniform over 1..2^53-1 (Identifiers). */
  randomId(): Id;
  /** `length` bytes from a cryptographic source. */
  randomBytes(length: number): Uint8Array;
  /** Have `Realm.tick` called at `time` (milliseconds since the epoch) or soon after; an earlier wish stands. */
  setAlarm(time: number): void;
  /** 32 bytes that nobody else knows, the same for as long as there is the realm. */
  secret(): Uint8Array<ArrayBuffer>;
  /** The JSON behind an https URL; rejects where there is none, or not soon. */
  fetchJson(url: string): Promise<unknown>;
  /** Keeps a record of a verdict, where the realm wants that; must not throw. */
  account(record: Account): void;
  /** Tells the operator of a fault; must not throw. */
  log(line: LogLine): void;
  /** Something that had to wait has gone on, outside of any event the host knows of: what it sent is to go out. */
  flushOutput(): void;
  /** Have `Realm.flush` called within a second, and in any case before the object can sleep. */
  scheduleFlush(): void;
  /** Have `Realm.store` called: when this turn ends or, under load, within a few milliseconds for several turns together. */
  scheduleStore(): void;
  /** What outlives sessions, sleep and restarts. */
  readonly store: Store;
}

/**
 * Storage that answers at once. What is written in one turn becomes durable together, and no message sent in that turn
 * or later arrives before it is. A realm that never writes has no storage, and reading it costs next to nothing.
 */
export interface Store {
  /** Is there no room for more events? What a client is promised to be stored is refused then. */
  readonly isFull: boolean;
  /** Makes all of the changes or, where storage fails, none, and then returns false. */
  write(changes: () => void): boolean;
  readonly retained: RetainedStore;
  readonly history: HistoryStore;
  readonly testaments: TestamentStore;
  /** Who is known by which cookie. */
  readonly cookies: ExpiringStore;
  /** Authids nobody can log in with for a while. */
  readonly lockouts: ExpiringStore;
  readonly roles: RoleStore;
  /** Sessions that wait for their clients. */
  readonly parked: ParkedStore;
  /** Events on their way to webhooks. */
  readonly outgoing: OutgoingStore;
}

/** Texts that count until some time. Times are milliseconds since the epoch. */
export interface ExpiringStore {
  /** What was put under an id, unless it is past its time. */
  get(id: string, now: number): string | undefined;
  /** Replaces what is there, and removes whatever is past its time. */
  put(id: string, text: string, expiresAt: number, now: number): void;
  delete(id: string): void;
}

/** Why a message did not go out. */
export type SendFault = "closed" | "too large";

/**
 * What the router itself knows of a client's way in, in Crossbar.io's words; authenticators get it as
 * `details.transport`, and nothing of it comes from the client's HELLO (WS-29).
 */
export interface TransportInfo {
  /** The client's address. */
  readonly peer?: string;
  readonly is_secure: boolean;
  readonly websocket_protocol: string;
  /** Names in lower case. */
  readonly http_headers_received: Dict;
  /** The id in the tracking cookie, if the cookie is one of this realm. */
  readonly http_cbtid?: string;
  /** What the platform tells of a TLS client certificate it has verified. */
  readonly client_cert?: Dict;
}

/** One client's connection: the only way a message leaves the core. */
export interface Transport {
  /** What the session meta API tells of the connection. */
  readonly details?: Dict | undefined;
  /** The id of a registration or subscription that the session creates, if it is to be the same after every sleep. */
  idFor?(kind: "registration" | "subscription", match: Match, uri: Uri): Id;
  /** Queues a message; what is sent first arrives first. Says at once what cannot be sent. */
  send(message: RouterMessage): SendFault | undefined;
  /** Closes after what was sent, with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void;
  /** What `Realm.record` tells of this connection has changed; it is stored before the object can sleep. */
  save(): void;
}
