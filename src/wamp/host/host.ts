/**
 * The ports through which the pure core reaches everything outside it; each part of the core asks for those it needs.
 */

import type { Id } from "../protocol/values.ts";
import type { AuditRecord } from "./audit-record.ts";
import type { LogLine } from "./log-line.ts";
import type { Store } from "./storage.ts";

/** Time; all times are milliseconds since the epoch. */
export interface Clock {
  /**
   * The time by a clock that never goes back while the object lives: for durations and timestamps. It is ahead of the
   * wall clock after that was set back.
   */
  now(): number;
  /** The time by the wall clock: for comparison with times from outside, such as the expiry of tokens. */
  wallTime(): number;
  /** Has `Realm.tick` called at `time` or soon after; an earlier alarm stays. */
  setAlarm(time: number): void;
}

/** Randomness. */
export interface Random {
  /** A random id for the global and router scopes, uniform over 1..2^53-1 (Identifiers). */
  randomId(): Id;
  /** `length` bytes from a cryptographic source. */
  randomBytes(length: number): Uint8Array;
}

/** When queued messages go out. */
export interface Output {
  /** Sends what is queued, for code that resumes outside of an event of the host (after an await). */
  flushOutput(): void;
  /** Has `Realm.flush` called within a second, and in any case before the object can sleep. */
  scheduleFlush(): void;
}

/** What outlives sessions, sleep and restarts. */
export interface Storage {
  readonly store: Store;
  /** Has `Realm.store` called at the end of this turn or, under load, within a few milliseconds for several turns. */
  scheduleStore(): void;
}

/** The operator's log. */
export interface Log {
  /** Writes one line; must not throw. */
  log(line: LogLine): void;
}

/** What the platform has carried and stored for a realm since it woke, as `wamp.edge.stats` shows it. */
export interface Usage {
  /** Bytes of frames; text counts one byte a code unit. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /** Frames of clients; a batch is one. */
  readonly frames_received: number;
  /** Rows of storage. */
  readonly rows_written: number;
  /** How often the realm woke in this process. */
  readonly wakes: number;
  /** What went to other objects of the realm, and came from them; absent in a realm without relays. */
  readonly links?: LinkTraffic;
}

/** Batches between objects of a realm, and the messages in them. */
export interface LinkTraffic {
  readonly batches: { readonly received: number; readonly sent: number };
  readonly messages: { readonly received: number; readonly sent: number };
}

/** The meter of the platform. */
export interface Metering {
  /** Absent where nothing is measured. */
  usage?(): Usage;
}

/** Everything one realm gets from outside. */
export interface Host extends Clock, Random, Output, Storage, Log, Metering {
  /** 32 secret bytes that stay the same as long as the realm exists. */
  secret(): Uint8Array<ArrayBuffer>;
  /** The JSON behind an https URL; rejects if there is none, or if the server takes too long. */
  fetchJson(url: string): Promise<unknown>;
  /** Writes an audit record; must not throw. */
  audit(record: AuditRecord): void;
}
